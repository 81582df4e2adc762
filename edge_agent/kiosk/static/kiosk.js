// What the screen does beyond what a browser does by itself.
"use strict";

// The screen locks itself; typing and touching put it off, as the unit is told at most every five seconds.
function lockWhenIdle(body) {
  let due = 0;
  let told = performance.now();
  const wait = (seconds) => {
    clearTimeout(due);
    due = setTimeout(() => location.assign("/"), (seconds + 1) * 1000);
  };
  const touched = async () => {
    if (performance.now() - told < 5000) return;
    told = performance.now();
    const answer = await fetch("/alive", { method: "POST", body: new URLSearchParams({ csrf: body.dataset.csrf }) }).catch(() => null);
    if (answer?.ok && !answer.redirected) wait(Number(await answer.text()));
  };
  wait(Number(body.dataset.lockAfter));
  for (const kind of ["input", "pointerdown", "keydown"]) body.addEventListener(kind, touched);
}

function pinPad(pad) {
  const field = pad.querySelector("input");
  pad.addEventListener("click", (event) => {
    const key = event.target.dataset.key;
    if (key === undefined) return;
    field.value = key ? field.value + key : field.value.slice(0, -1);
  });
}

if (document.body.dataset.lockAfter) lockWhenIdle(document.body);
document.querySelectorAll("[data-pin]").forEach(pinPad);
document.documentElement.dataset.ready = "yes";
