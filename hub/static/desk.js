// What the pages of reviews do beyond what a browser does by itself. Everything works without it.
// What it says stands in the pages, in their reader's language.
"use strict";

// The queue: the server says which lists are the newest, and they are fetched when the page shows others.
function followQueue(lists) {
  const status = document.getElementById("live-status");
  const source = new EventSource(lists.dataset.live);
  let asked = 0;
  const refresh = async () => {
    const mine = ++asked;
    const answer = await fetch(lists.dataset.lines).catch(() => null);
    const text = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
    if (mine !== asked) return; // A later one is on its way: answers may come in another order than they were asked.
    if (text === null) return void setTimeout(refresh, 2000);
    const focused = lists.contains(document.activeElement) ? document.activeElement.closest("form")?.action : null;
    lists.innerHTML = text;
    if (focused) [...lists.querySelectorAll("form")].find((form) => form.action === focused)?.querySelector("button").focus();
    status.textContent = status.dataset.changed;
  };
  source.addEventListener("queue", (event) => {
    if (lists.querySelector("[data-fingerprint]").dataset.fingerprint !== event.data) refresh();
  });
  source.addEventListener("ended", () => {
    source.close();
    location.reload();
  });
  // A browser asks again for a stream that broke off, but not after an answer that is none: the hub is busy, or the
  // session has ended while the machine slept.
  const reopen = async () => {
    const answer = await fetch(lists.dataset.lines).catch(() => null);
    if (answer?.ok && !answer.redirected) followQueue(lists);
    else if (answer && answer.status < 500) location.reload();
    else setTimeout(reopen, 2000);
  };
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(reopen, 2000);
  });
}

// Two pictures in one view: zoom, place and light are equal for both, and nothing of it is kept.
function viewTogether(viewer) {
  const frames = [...viewer.querySelectorAll("div.frame")];
  const pictures = frames.map((frame) => frame.querySelector("img"));
  const view = { zoom: 1, x: 0, y: 0, light: 100 };

  function draw() {
    const reach = (view.zoom - 1) / 2;
    view.x = Math.min(Math.max(view.x, -reach), reach);
    view.y = Math.min(Math.max(view.y, -reach), reach);
    for (const picture of pictures) {
      picture.style.transform = `translate(${view.x * 100}%, ${view.y * 100}%) scale(${view.zoom})`;
      picture.style.filter = `brightness(${view.light}%)`;
    }
    for (const frame of frames) frame.classList.toggle("movable", view.zoom > 1);
  }
  function zoomTo(zoom) {
    const next = Math.min(Math.max(zoom, 1), 8);
    view.x *= next / view.zoom;
    view.y *= next / view.zoom;
    view.zoom = next;
    draw();
  }
  function show(name) {
    for (const picture of pictures) {
      picture.dataset.face ??= picture.src;
      picture.src = name === "originals" ? picture.dataset.original : picture.dataset.face;
    }
    for (const button of viewer.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
  }

  viewer.classList.add("ready");
  viewer.addEventListener("click", (event) => {
    const { zoom, view: name } = event.target.dataset;
    if (zoom === "in") zoomTo(view.zoom * 1.4);
    if (zoom === "out") zoomTo(view.zoom / 1.4);
    if (zoom === "reset") zoomTo(1);
    if (name) show(name);
  });
  viewer.querySelector("#brightness").addEventListener("input", (event) => {
    view.light = Number(event.target.value);
    draw();
  });
  for (const frame of frames) {
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", viewer.dataset.frame);
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoomTo(view.zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
    }, { passive: false });
    frame.addEventListener("pointerdown", (event) => frame.setPointerCapture(event.pointerId));
    frame.addEventListener("pointermove", (event) => {
      if (!frame.hasPointerCapture(event.pointerId)) return;
      view.x += event.movementX / frame.clientWidth;
      view.y += event.movementY / frame.clientHeight;
      draw();
    });
    frame.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
      if (event.key === "+" || event.key === "=") zoomTo(view.zoom * 1.4);
      else if (event.key === "-") zoomTo(view.zoom / 1.4);
      else if (event.key === "0") zoomTo(1);
      else if (moves[event.key]) {
        view.x += moves[event.key][0];
        view.y += moves[event.key][1];
        draw();
      } else return;
      event.preventDefault();
    });
  }
}

// The form: what is entered is kept at the hub, and the review held, for as long as the page is open.
function keepForm(form) {
  const status = document.getElementById("form-status");
  const said = status.textContent;
  let timer = 0;

  // Whether the hub has taken it; null where it has not answered, or will another time.
  async function send(path, fields) {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields) }).catch(() => null);
    if (answer === null || answer.status >= 500) return null;
    if (answer.status !== 204) status.textContent = answer.status === 401 ? status.dataset.ended : status.dataset.taken;
    return answer.status === 204;
  }
  async function keep() {
    const kept = await send(form.dataset.draft, new FormData(form));
    if (kept) status.textContent = `${status.dataset.kept} ${said}`;
    if (kept === null) timer = setTimeout(keep, 5000);
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    status.textContent = status.dataset.keeping;
    timer = setTimeout(keep, 400);
  });
  setInterval(() => send(form.dataset.lease, { csrf: form.elements.csrf.value }), 60_000);

  const groups = [...form.querySelectorAll("[data-keys]")];
  form.addEventListener("keydown", (event) => {
    const group = event.target.closest("[data-keys]");
    const choice = group?.querySelectorAll("input")[Number(event.key) - 1];
    if (!choice || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choice.click();
    const next = groups[groups.indexOf(group) + 1];
    (next ? next.querySelector("input:checked") ?? next.querySelector("input") : choice).focus();
  });
}

const lists = document.querySelector("[data-live]");
if (lists) followQueue(lists);
const viewer = document.getElementById("viewer");
if (viewer?.querySelector(".tools")) viewTogether(viewer);
const form = document.querySelector("[data-draft]");
if (form) keepForm(form);
