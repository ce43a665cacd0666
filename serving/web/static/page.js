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
  const official = form.elements.official;
  const commitment = form.elements.commitment;
  const encoder = new TextEncoder();
  const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const field = (text) => `${encoder.encode(text).length}:${text},`;

  // The same length-prefixed fields as serving/sampling/tickets.py; without HTTPS the browser offers no digest,
  // and the commitment is worked out with the command instead.
  async function work() {
    if (!window.crypto.subtle || !secret.value || !official.value) return;
    const fields = ["xinheng-commitment-v1", form.dataset.commitment, official.value.trim(), secret.value.trim()];
    const digest = await window.crypto.subtle.digest("SHA-256", encoder.encode(fields.map(field).join("")));
    commitment.value = hexadecimal(new Uint8Array(digest));
  }

  form.querySelector("[data-generate]").addEventListener("click", () => {
    secret.value = hexadecimal(window.crypto.getRandomValues(new Uint8Array(32)));
    work();
  });
  secret.addEventListener("input", work);
  official.addEventListener("input", work);
})();
