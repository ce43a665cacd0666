// Small conveniences: printing, published ratios as a start, and working out a commitment in the official's own browser.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const preset = event.target.closest("[data-ratios]");
    if (!preset) return;
    const fields = document.getElementById("new-plan").elements;
    preset.dataset.ratios.split("/").forEach((percent, place) => { fields["abcd"[place]].value = percent; });
    fields.a.dispatchEvent(new Event("change", { bubbles: true }));
  });

  const form = document.querySelector("[data-commitment]");
  if (!form) return;
  const secret = form.querySelector("[data-secret]");
  const kept = form.querySelector("[data-kept]");
  const generate = form.querySelector("[data-generate]");
  const encoder = new TextEncoder();
  const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const field = (text) => `${encoder.encode(text).length}:${text},`;

  // Without HTTPS the browser offers no digest.
  if (!window.crypto.subtle) {
    generate.disabled = true;
    form.querySelector("[data-insecure]").hidden = false;
  }

  // The same length-prefixed fields as serving/sampling/tickets.py. The secret's field has no name, so it is
  // never sent; the commitment can be handed in only once its owner says that the secret is kept.
  generate.addEventListener("click", async () => {
    secret.value = hexadecimal(window.crypto.getRandomValues(new Uint8Array(32)));
    const fields = ["xinheng-commitment-v1", form.dataset.commitment, form.dataset.official, secret.value];
    const digest = await window.crypto.subtle.digest("SHA-256", encoder.encode(fields.map(field).join("")));
    form.elements.commitment.value = hexadecimal(new Uint8Array(digest));
    form.elements.commitment.readOnly = true;
    form.querySelector("[data-once]").hidden = false;
    kept.required = true;
    kept.checked = false;
    secret.select();
  });
})();
