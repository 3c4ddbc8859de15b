"use strict";
// Which knob is a slider from where to where; the rest are text or a tick.
const KNOBS = [
  ["capacity", "Panggilan sekaligus", 1, 200, 1], ["service_seconds", "Lama satu panggilan (detik)", 0, 10, 0.01],
  ["queue", "Boleh mengantre", 0, 1000, 1], ["quota_per_second", "Kuota per detik (0: tanpa)", 0, 300, 1],
  ["retry_after", "Retry-After (detik)", 0, 120, 1], ["lost_answers", "Jawaban hilang", 0, 1, 0.01],
  ["resets", "Sambungan diputus", 0, 1, 0.01], ["half_bodies", "Jawaban terpotong", 0, 1, 0.01],
  ["html_errors", "Galat HTML", 0, 1, 0.01], ["wrong_person", "Jawaban untuk orang lain", 0, 1, 0.01],
  ["daily_quota", "Kuota perintah per hari (0: tanpa)", 0, 1000, 10], ["command_days", "Masa berlaku perintah (hari)", 0, 30, 0.5],
  ["dead", "Mati"], ["opens", "Buka (JJ:MM, UTC)"], ["closes", "Tutup (JJ:MM, UTC)"],
  ["sees_recordings_until", "Melihat perekaman sampai (tanggal)"],
];
const NUMBERS = { in_flight: "Sedang dilayani", queue: "Mengantre", served: "Dilayani", refused: "Ditolak", lost: "Hilang", people: "Penduduk" };
const form = document.getElementById("knobs");

async function change(wishes) {
  const answer = await fetch("/control/settings", { method: "PATCH", body: JSON.stringify(wishes) });
  if (answer.ok) show(await answer.json());
}

function build() {
  for (const [name, label, least, most, step] of KNOBS) {
    const row = document.createElement("label");
    const input = document.createElement("input");
    const output = document.createElement("output");
    input.name = name;
    if (most !== undefined) Object.assign(input, { type: "range", min: least, max: most, step });
    else input.type = name === "dead" ? "checkbox" : "text";
    input.addEventListener("input", () => { output.textContent = input.type === "range" ? input.value : ""; });
    input.addEventListener("change", () => change({ [name]: read(input) }));
    row.append(label, input, output);
    form.append(row);
  }
  for (const button of document.querySelectorAll("button[data-set]"))
    button.addEventListener("click", () => change(JSON.parse(button.dataset.set)));
  form.addEventListener("submit", (event) => event.preventDefault());
}

function read(input) {
  if (input.type === "checkbox") return input.checked;
  return input.type === "range" ? Number(input.value) : input.value;
}

function show(settings) {
  for (const [name] of KNOBS) {
    const input = form.elements[name];
    if (input.type === "checkbox") input.checked = settings[name];
    else input.value = settings[name];
    input.dispatchEvent(new Event("input"));
  }
}

function chart(seconds) {
  const svg = document.getElementById("chart");
  const most = Math.max(10, ...seconds.map((row) => row[2] + row[3] + row[4]));
  svg.replaceChildren();
  const last = seconds.length ? seconds[seconds.length - 1][0] : 0;
  for (const [second, , served, refused, lost] of seconds) {
    let top = 160;
    for (const [kind, count] of [["served", served], ["refused", refused], ["lost", lost]]) {
      const height = (count / most) * 150;
      top -= height;
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [key, value] of Object.entries({ class: kind, x: 595 - (last - second) * 5, y: top, width: 4, height })) bar.setAttribute(key, value);
      svg.append(bar);
    }
  }
}

async function tick() {
  try {
    const stats = await (await fetch("/control/stats")).json();
    const list = document.getElementById("numbers");
    list.replaceChildren();
    for (const [name, label] of Object.entries(NUMBERS)) {
      const box = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = label;
      value.textContent = stats[name].toLocaleString("id");
      box.append(term, value);
      list.append(box);
    }
    chart(stats.seconds);
  } finally {
    setTimeout(tick, 1000);
  }
}

build();
fetch("/control/settings").then((answer) => answer.json()).then(show);
tick();
