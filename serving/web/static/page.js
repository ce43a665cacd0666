// Small conveniences: printing, the form of a new plan, and working out a commitment in the official's own browser.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const preset = event.target.closest("[data-ratios]");
    if (preset) take(preset.dataset.ratios, preset.dataset.fill, preset.dataset.policy || "");
  });
  // Another line of a yearly plan: a copy of the last one, emptied.
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-line]");
    if (!add) return;
    const lines = add.closest("form").querySelector("[data-lines]");
    const line = lines.lastElementChild.cloneNode(true);
    line.querySelectorAll("input").forEach((input) => { input.value = ""; });
    lines.append(line);
    line.querySelector("input").focus();
  });
  document.addEventListener("ratios", (event) => take(event.detail, "", ""));

  // Fills the form of a new plan from a policy, or its ratios alone, and has it weighed again.
  function take(ratios, fill, policy) {
    const plan = document.getElementById("new-plan");
    ratios.split("/").forEach((percent, place) => { plan.elements["abcd"[place]].value = percent; });
    Object.entries(fill ? JSON.parse(fill) : {}).forEach(([name, value]) => {
      const boxes = plan.querySelectorAll(`[type=checkbox][name="${name}"]`);
      if (Array.isArray(value)) boxes.forEach((box) => { box.checked = value.includes(box.value); });
      else plan.elements[name].value = value;
    });
    plan.elements.policy.value = policy;
    plan.querySelectorAll("[data-policy]").forEach((one) => one.setAttribute("aria-pressed", String(policy !== "" && one.dataset.policy === policy)));
    plan.elements.a.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const plan = document.getElementById("new-plan");
  const department = plan && plan.querySelector("[data-departments]");
  // Items of other departments have plans of their own; "*" makes them all, joined.
  function narrow() {
    plan.querySelectorAll("[data-of]").forEach((line) => {
      line.hidden = !["", "*"].includes(department.value) && line.dataset.of !== department.value;
      if (line.hidden) line.querySelector("input").checked = false;
    });
  }
  if (department) {
    narrow();
    department.addEventListener("change", narrow);
    plan.addEventListener("change", (event) => {
      const line = event.target.closest("[data-of]");
      if (line && event.target.checked && department.value === "") { department.value = line.dataset.of; narrow(); }
    });
  }
  const slider = plan && plan.querySelector("[data-slides]");
  if (slider) {
    const hours = plan.elements[slider.dataset.slides];
    hours.addEventListener("input", () => { slider.value = (100 * hours.value) / slider.dataset.base || 100; });
    // What is left empty follows from items and ratios: shown where it would be written.
    document.addEventListener("htmx:after:swap", () => {
      const told = document.querySelector("#preview [data-hours]");
      if (!told || told.dataset.hours === "0") return;
      hours.placeholder = slider.dataset.base = told.dataset.hours;
      plan.elements.hours_per_visit.placeholder = told.dataset.visit;
      slider.value = (100 * hours.value) / slider.dataset.base || 100;
    });
    slider.addEventListener("input", () => {
      hours.value = Math.max(1, Math.round((slider.dataset.base * slider.value) / 100));
    });
  }

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
