// Runs the draw before one's eyes: dots leave the order of their ids for the place of their ticket, then the cut
// comes in. The still picture is the truth and stands without this; who asked for less motion sees only that.
(() => {
  "use strict";
  const picture = document.querySelector("[data-picture]");
  if (!picture || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const replay = picture.querySelector("[data-replay]"), told = picture.querySelector("[data-told]");
  const dots = [...picture.querySelectorAll("circle")], cuts = [...picture.querySelectorAll(".cut, .won")];
  const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
  replay.hidden = false;

  async function run() {
    replay.disabled = true;
    told.textContent = "";
    picture.classList.remove("moving", "cutting");
    picture.classList.add("shuffled");
    dots.forEach((dot) => { dot.style.transform = `translateX(${dot.dataset.before - dot.getAttribute("cx")}px)`; });
    cuts.forEach((cut) => { cut.style.transform = cut.matches("line") ? `translateX(-${cut.getAttribute("x1")}px)` : "scaleX(0)"; });
    await wait(500);
    picture.classList.add("moving");
    dots.forEach((dot) => { dot.style.transform = ""; });
    await wait(1700);
    picture.classList.add("cutting");
    cuts.forEach((cut) => { cut.style.transform = ""; });
    await wait(1500);
    picture.classList.remove("shuffled", "moving", "cutting");
    told.textContent = told.dataset.done;
    replay.disabled = false;
  }

  replay.addEventListener("click", run);
  if (window.location.hash === "#draw-picture") run();
})();
