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

// The live picture: drawn and forgotten. The page is loaded anew when the unit says that something has happened.
async function watch(canvas) {
  const words = document.querySelector("[data-guidance]");
  const pencil = canvas.getContext("2d");
  let after = 0;
  for (;;) {
    const answer = await fetch(`${canvas.dataset.view}?after=${after}`).catch(() => null);
    if (!answer || answer.redirected || !answer.ok) return void setTimeout(() => location.reload(), 1000);
    if (answer.headers.get("View-Turn") !== canvas.dataset.turn) return void location.reload();
    after = Number(answer.headers.get("View-Number"));
    if (answer.status !== 200) continue;
    const picture = await createImageBitmap(await answer.blob());
    canvas.width = picture.width;
    canvas.height = picture.height;
    pencil.drawImage(picture, 0, 0);
    picture.close();
    words.textContent = decodeURIComponent(answer.headers.get("View-Guidance")) || canvas.dataset.good;
    canvas.dataset.drawn = after;
  }
}

function speak(button) {
  const sound = new Audio(button.dataset.sound);
  // Who listens is still there.
  sound.addEventListener("timeupdate", () => document.body.dispatchEvent(new Event("input")));
  button.addEventListener("click", () => {
    if (sound.paused) sound.play();
    else sound.pause();
  });
}

if (document.body.dataset.lockAfter) lockWhenIdle(document.body);
document.querySelectorAll("[data-pin]").forEach(pinPad);
document.querySelectorAll("[data-view]").forEach(watch);
document.querySelectorAll("[data-sound]").forEach(speak);
document.querySelector("[data-print]")?.addEventListener("click", () => print());
document.documentElement.dataset.ready = "yes";
