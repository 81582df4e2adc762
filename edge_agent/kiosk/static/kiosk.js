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

// What the camera sees, drawn and forgotten, or in words alone. The page is shown anew when something has happened.
async function watch(place) {
  const words = document.querySelector("[data-guidance]");
  let after = 0;
  for (;;) {
    const answer = await fetch(`${place.dataset.view}?after=${after}`).catch(() => null);
    if (!answer || answer.redirected || !answer.ok) return void setTimeout(() => location.replace(place.dataset.page), 1000);
    if (answer.headers.get("View-Turn") !== place.dataset.turn) return void location.replace(place.dataset.page);
    after = Number(answer.headers.get("View-Number"));
    const guidance = decodeURIComponent(answer.headers.get("View-Guidance"));
    if (answer.status === 200) {
      await draw(place, await answer.blob());
      place.dataset.drawn = after;
    }
    if (guidance || answer.status === 200) words.textContent = guidance || place.dataset.good;
  }
}

async function draw(canvas, picture) {
  const image = await createImageBitmap(picture);
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  image.close();
}

// The second touch of a double one sends nothing: the first is on its way.
function sendOnce() {
  let sent = false;
  addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // A page that the browser has kept says what was: it is asked for anew.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
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

sendOnce();
if (document.body.dataset.lockAfter) lockWhenIdle(document.body);
document.querySelectorAll("[data-pin]").forEach(pinPad);
document.querySelectorAll("[data-view]").forEach(watch);
document.querySelectorAll("[data-sound]").forEach(speak);
document.querySelector("[data-print]")?.addEventListener("click", () => print());
document.documentElement.dataset.ready = "yes";
