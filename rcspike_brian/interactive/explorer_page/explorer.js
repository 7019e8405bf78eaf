// The explorer: what is seen of the exact solution, and how it is moved. Everything is drawn in SVG
// from one state; every change of it goes through `set`.
import {
  endPotential, firstSpike, inOrder, lineStates, membraneGradients, networkSpikes, potentialAt, present,
} from "./neuron.js";

const [LEAST_DRIVE, MOST_DRIVE, MOST_DROP, MOST_WEIGHT, MOST_INPUTS] = [0.25, 16, 0.4, 3, 8];
const LARGEST = MOST_WEIGHT * (MOST_DRIVE / LEAST_DRIVE); // of resistors that were kept
const REVERSE = 0.1; // of a leaky diode, for the eye
const [CLOUD, CLOUD_INPUTS] = [180, 10];
const SECONDS_OF_PLAY = 8;

const CHOICES = {
  keep: ["weights", "resistors"],
  diode: ["ideal", "drop", "leaky", "none"],
  off: ["float", "far", "zero"],
  net: ["trained", "mapped"],
  lang: ["en", "ja"],
  theme: ["auto", "light", "dark"],
};

const spikes = (...numbers) => numbers.map(([t, w]) => ({ t, w }));
const PRESETS = {
  fig2: { v: 1 },
  saturation: { v: 1, inputs: spikes([0.05, 1.6], [0.2, 1.6], [0.35, 1.6], [0.5, 1.6]) },
  forgetting: { v: 1, inputs: spikes([0.1, 1.5], [0.55, -3]) },
  shunting: { v: 1, inputs: spikes([0, 2.5], [0, -2.5], [0.3, 1.2]) },
  diode: { v: 1, diode: "none", off: "zero" },
};

function defaults(data) {
  return {
    v: 1, d: 0, keep: "weights", ref: 1, diode: "ideal", off: "float", inputs: data.example,
    now: 0.7, image: 14, net: "trained", dataset: "mnist", lang: "en", theme: "auto", preset: "fig2",
    guess: null, revealed: false,
  };
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const number = (x, otherwise) => (Number.isFinite(x) ? x : otherwise);
const fixed = (x, digits = 2) =>
  Number.isFinite(x) ? x.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−") : x > 0 ? "∞" : "−∞";
const drive = (v) => (v === Infinity ? "∞" : String(Number(v.toFixed(3))));
const volts = (v) => (v === Infinity ? "∞" : `${drive(v)} V_th`);
const numeric = (v) => (v === "inf" ? Infinity : Number(v));

/** A state of which every value is allowed; what is not is replaced. */
function checked(state, data) {
  const normal = defaults(data);
  for (const [name, allowed] of Object.entries(CHOICES)) {
    if (!allowed.includes(state[name])) state[name] = normal[name];
  }
  state.v = state.v > MOST_DRIVE ? Infinity : clamp(number(state.v, 1), LEAST_DRIVE, MOST_DRIVE);
  // With the resistors kept, an infinite drive voltage has no limit.
  if (state.keep === "resistors") state.v = Math.min(state.v, MOST_DRIVE);
  state.d = clamp(number(state.d, 0), 0, MOST_DROP);
  state.ref = clamp(number(state.ref, 1), LEAST_DRIVE, MOST_DRIVE);
  state.now = clamp(number(state.now, normal.now), 0, 2);
  state.image = clamp(Math.round(number(state.image, 0)), 0, data.images.labels.length - 1);
  if (!data.figure3[state.dataset]) state.dataset = normal.dataset;
  state.inputs = state.inputs.slice(0, MOST_INPUTS).map(({ t, w }) => ({
    t: clamp(number(t, 0), 0, 1), w: clamp(number(w, 0), -LARGEST, LARGEST),
  }));
  if (!state.inputs.length) state.inputs = normal.inputs;
  return state;
}

// Pictures, and what draws them.
const PICTURES = {
  potential: "potential", spikes: "spikes", circuit: "circuit", cloud: "cloud", figure3: "figure3",
  raster: "network",
};

const LINKED = ["v", "d", "keep", "ref", "diode", "off", "now", "image", "net", "dataset", "lang", "theme", "preset"];

function toLink(state, data) {
  const normal = defaults(data);
  const link = new URLSearchParams();
  for (const name of LINKED) {
    const value = typeof state[name] === "number" ? Number(state[name].toFixed(4)) : state[name];
    if (value !== normal[name]) link.set(name, value === Infinity ? "inf" : value);
  }
  if (state.inputs !== normal.inputs) {
    link.set("inputs", state.inputs.map(({ t, w }) => `${+t.toFixed(4)}:${+w.toFixed(4)}`).join(","));
  }
  return link.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

function fromLink(text) {
  const found = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === "inputs") {
      found.inputs = value.split(",").map((part) => part.split(":").map(Number)).map(([t, w]) => ({ t, w }));
    } else if (LINKED.includes(name)) {
      found[name] = ["v", "d", "ref", "now", "image"].includes(name) ? numeric(value) : value;
    }
  }
  return found;
}

/** The inputs with the weights that their resistors have at this drive voltage. */
function weighted({ inputs, keep, v, ref }) {
  return keep === "weights" ? inputs : inputs.map(({ t, w }) => ({ t, w: (w * v) / ref }));
}

const CONVENTIONAL = { vSyn: Infinity, vD: 0, reverse: 0, off: null };

function circuitOf({ v, d, diode, off }) {
  if (v === Infinity) return CONVENTIONAL;
  const drops = diode === "drop" || diode === "leaky";
  return {
    vSyn: v,
    vD: drops ? Math.min(d, 0.8 * v) : 0,
    reverse: { leaky: REVERSE, none: 1 }[diode] ?? 0,
    off: { float: null, far: -v, zero: 0 }[off],
  };
}

// The same random neurons each time: a generator of its own, normal numbers as sums of uniform ones.
const RANDOM_NEURONS = (() => {
  let seed = 1;
  const uniform = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const normal = () => Array.from({ length: 12 }, uniform).reduce((sum, x) => sum + x, -6);
  return Array.from({ length: CLOUD }, () =>
    Array.from({ length: CLOUD_INPUTS }, () => ({ t: uniform(), w: 0.75 * normal() })));
})();

const multiplyAccumulate = (inputs) => inputs.reduce((sum, { t, w }) => sum + w * (1 - t), 0);

/** A value of a curve [[V_syn, y], ...] between its points, on a logarithmic axis; null outside. */
function interpolated(curve, v) {
  const points = curve.map(([x, y]) => [numeric(x), y]).sort((a, b) => a[0] - b[0]);
  const exact = points.find(([x]) => x === v);
  if (exact) return exact[1];
  const k = points.findIndex(([x]) => x > v);
  if (k < 1 || points[k][0] === Infinity) return null;
  const [[x0, y0], [x1, y1]] = [points[k - 1], points[k]];
  return y0 + ((y1 - y0) * Math.log(v / x0)) / Math.log(x1 / x0);
}

function bytes(base64, type) {
  return new type(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
}

// --- Text and marks -------------------------------------------------------------------------------

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
/** V_syn as HTML, and as the inside of an SVG text. */
const html = (text) => escaped(text).replace(/(\p{L})_(\w+)/gu, "<var>$1</var><sub>$2</sub>");
const svgText = (text) =>
  escaped(text).replace(/(\p{L})_(\w+)/gu, '$1<tspan class="sub" dy=".3em">$2</tspan><tspan dy="-.23em">&#8203;</tspan>');

const line = (x1, y1, x2, y2, name) => `<line class="${name}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
const text = (x, y, content, name = "", anchor = "start") =>
  `<text x="${x}" y="${y}" class="${name}" text-anchor="${anchor}">${svgText(content)}</text>`;
const path = (points, name) => `<path class="${name}" d="M${points.map((p) => p.map((c) => c.toFixed(1)).join(" ")).join("L")}"/>`;

function element(tag, attributes = {}, ...children) {
  const svg = ["svg", "g"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "html") made.innerHTML = value;
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Round steps between two ends. */
function steps(low, high, most) {
  const rough = (high - low) / most;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * [1, 2, 5, 10].find((s) => s * size >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  return { ticks: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** Space for a chart, and its axes. */
function frame({ width, height, em }, { left = 3.4, right = 0.8, top = 0.6, bottom = 2.7, x, y }) {
  const [x0, x1, y0, y1] = [left * em, width - right * em, height - bottom * em, top * em];
  const X = (value) => x0 + ((value - x[0]) / (x[1] - x[0])) * (x1 - x0);
  const Y = (value) => y0 - ((value - y[0]) / (y[1] - y[0])) * (y0 - y1);
  return {
    x0, x1, y0, y1, X, Y, em,
    axes({ xTicks, xText = drive, xLabel, yMost = 5, yLabel, yText }) {
      const { ticks, digits } = steps(y[0], y[1], yMost);
      const tick = (v) => text(x0 - 0.5 * em, Y(v) + 0.35 * em, yText ? yText(v) : fixed(v, digits), "tick", "end");
      const middle = (y0 + y1) / 2;
      return [
        ...ticks.map((v) => line(x0, Y(v), x1, Y(v), "grid") + tick(v)),
        ...xTicks.map((v) => line(X(v), y0, X(v), y0 + 0.3 * em, "axis") + text(X(v), y0 + 1.25 * em, xText(v), "tick", "middle")),
        line(x0, y0, x1, y0, "axis"),
        xLabel ? text((x0 + x1) / 2, y0 + 2.4 * em, xLabel, "label", "middle") : "",
        `<text class="label" text-anchor="middle" transform="translate(${0.95 * em} ${middle}) rotate(-90)">${svgText(yLabel)}</text>`,
      ].join("");
    },
  };
}

// --- The page -------------------------------------------------------------------------------------

/**
 * Show the explorer in an element; returns {state, set, destroy}.
 *
 * `data` is what `rcspike_brian.interactive.page.explorer_data` gives. Options: `page`, whether the
 * address holds the state; `state`, where to begin; `changed`, called with each new state.
 */
export function mount(root, data, { page = false, state: given = {}, changed = () => {} } = {}) {
  const language = page && navigator.language?.startsWith("ja") ? "ja" : "en";
  const start = () => ({ ...defaults(data), lang: language, ...given });
  let state = checked({ ...start(), ...(page ? fromLink(location.hash.slice(1)) : {}) }, data);
  let parts = {}; // elements by name
  let drawn = {}; // what each picture was drawn from
  const timers = {};
  const sizes = {};
  const watcher = new ResizeObserver(() => {
    measure();
    show();
  });
  const images = data.images.labels.map((_, k) => bytes(data.images.pixels, Uint8Array).slice(784 * k, 784 * (k + 1)));
  const imageTimes = images.map((pixels) => Array.from(pixels, (grey) => 1 - grey / 255));
  const imageOrders = imageTimes.map((times) => inOrder([...times, 0]));
  const networks = Object.fromEntries(Object.entries(data.networks.layers).map(([v, layers]) =>
    [v, layers.map((layer) => ({ ...layer, weights: bytes(layer.weights, Int8Array) }))]));

  const say = (key, values = {}) =>
    (data.texts[state.lang][key] ?? key).replace(/{(\w+)}/g, (_, name) => values[name] ?? "");

  function set(changes) {
    const before = state;
    const next = { ...state, ...changes };
    if (changes.keep && changes.keep !== before.keep) {
      // What is on the circuit now stays: as weights, or as the resistors of this drive voltage.
      next.inputs = weighted(before);
      next.ref = next.v = Math.min(before.v, MOST_DRIVE);
    }
    state = checked(next, data);
    if (state.lang !== before.lang) build();
    else show();
    later("link", 300, () => {
      if (page) history.replaceState(null, "", `#${toLink(state, data)}`);
      changed(exported());
    });
  }

  const exported = () => ({ ...state, v: state.v === Infinity ? "inf" : state.v, guess: null });

  function later(name, milliseconds, work) {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(work, milliseconds);
  }

  // --- Controls ----------------------------------------------------------------------------------

  const button = (key, onclick, more = {}) =>
    element("button", { type: "button", html: html(say(key)), onclick, ...more });

  function switcher(name, key) {
    const buttons = CHOICES[name].map((value) =>
      button(value, () => set({ [name]: value }), { "data-value": value }));
    parts[name] = element("div", { role: "group", "aria-label": say(key), class: "switch" }, ...buttons);
    return element("div", { class: "control" }, element("span", { html: html(say(key)), "aria-hidden": "true" }), parts[name]);
  }

  function slider(name, label, { min, max, step, oninput, extra = [] }) {
    const input = element("input", { type: "range", min, max, step, "aria-label": say(label), oninput: () => oninput(Number(input.value)) });
    parts[name] = input;
    parts[`${name}Value`] = element("output", {});
    return [input, parts[`${name}Value`], ...extra];
  }

  function build() {
    const focused = document.activeElement?.dataset?.key;
    parts = {};
    drawn = {};
    root.replaceChildren();
    root.classList.add("rx");
    root.lang = state.lang;
    if (page) document.documentElement.lang = state.lang;
    if (page) document.title = say("title");
    const picture = (name) => {
      parts[name] = element("svg", { role: "img", class: `picture ${name}` });
      return parts[name];
    };
    const title = (key, level = "h2") => element(level, { html: html(say(key)) });
    parts.presets = element("div", { role: "group", "aria-label": say("presets"), class: "presets" },
      ...Object.keys(PRESETS).map((key) => button(key, () => choosePreset(key), { "data-value": key })));
    const bar = element("header", { class: "bar" }, title("title", "h1"), parts.presets,
      element("div", { class: "tools" },
        button("predict", togglePrediction, { "data-key": "predict" }),
        button("reset", reset),
        button("copy_link", copyLink, { "data-key": "copy", hidden: !page }),
        button("theme", toggleTheme, { html: "◐", "aria-label": say("theme"), title: say("theme") }),
        button("language", () => set({ lang: state.lang === "en" ? "ja" : "en" }), { "data-key": "language", lang: state.lang === "en" ? "ja" : "en" })));
    parts.predict = bar.querySelector("[data-key=predict]");
    parts.copy = bar.querySelector("[data-key=copy]");

    const [vInput, vValue] = slider("v", "v_syn_name", { min: -2, max: 4.5, step: 0.05, oninput: moveDrive });
    const driveMarks = element("div", { class: "marks", "aria-hidden": "true" },
      ...[-2, -1, 0, 1, 2, 3, 4, 4.5].map((x) => element("span", { style: `left:${((x + 2) / 6.5) * 100}%`, html: x > 4 ? "∞" : drive(2 ** x) })));
    const driveRow = element("div", { class: "drive card" },
      element("span", { class: "name", html: html(say("v_syn")), "aria-hidden": "true" }),
      element("div", { class: "track" }, vInput, driveMarks), vValue);
    const dropRow = element("div", { class: "control" }, element("span", { html: html(say("v_d")), "aria-hidden": "true" }),
      element("div", { class: "drop" }, ...slider("d", "v_d_name", { min: 0, max: MOST_DROP, step: 0.01, oninput: moveDrop })));
    const options = element("div", { class: "options card" },
      switcher("keep", "keep"), switcher("diode", "diodes"), dropRow, switcher("off", "off"));

    parts.caption = element("p", { class: "caption" });
    bar.append(parts.caption);
    parts.answer = element("div", { class: "answer" });
    parts.prediction = element("div", { class: "prediction", hidden: true });
    const play = button("play", togglePlay, { "data-key": "play" });
    parts.play = play;
    const clock = element("div", { class: "clock" }, play,
      ...slider("now", "time", { min: 0, max: 2, step: 0.01, oninput: (now) => set({ now }) }));
    parts.guessHandle = handle("guess", moveGuess, keyGuess);
    parts.overlay = element("svg", { class: "overlay" });
    parts.overlay.append(parts.guessHandle);
    const time = element("section", { class: "card time", "aria-label": say("potential") },
      parts.answer, parts.prediction,
      element("div", { class: "stack" }, picture("potential"), parts.overlay), clock);
    for (const kind of ["pointerdown", "pointermove"]) parts.potential.addEventListener(kind, moveNow);
    parts.handles = element("g", { role: "group", "aria-label": say("inputs") });
    parts.spikes = element("svg", { class: "picture spikes", ondblclick: (event) => addSpike(spikeAt(event)) });
    parts.spikesBack = element("g", { role: "presentation", "aria-hidden": "true" });
    parts.spikes.append(parts.spikesBack, parts.handles);
    const inputs = element("section", { class: "card inputs", "aria-label": say("inputs") },
      element("div", { class: "head" }, title("inputs"), element("span", { class: "hint", html: html(say("hint")) }),
        element("span", { class: "switch" }, button("add", () => addSpike(), { "data-key": "add", html: "+", "aria-label": say("add"), title: say("add") }),
        button("remove", () => removeSpike(state.inputs.length - 1), { "data-key": "remove", html: "−", "aria-label": say("remove"), title: say("remove") }))),
      parts.spikes);
    const circuit = element("section", { class: "card circuit" }, parts.circuitTitle = title("circuit"), picture("circuit"));
    const transfer = element("section", { class: "card transfer" }, title("transfer"), picture("cloud"));
    parts.dataset = element("div", { class: "switch", role: "group", "aria-label": say("figure3") },
      ...Object.keys(data.figure3).sort().reverse().map((name) =>
        button(name, () => set({ dataset: name }), { "data-value": name, html: named(name) })));
    parts.figure3Note = element("p", { class: "note" });
    const figure3 = element("section", { class: "card figure3" },
      element("div", { class: "head" }, title("figure3"), parts.dataset), picture("figure3"), parts.figure3Note);
    parts.images = element("div", { class: "images", role: "group", "aria-label": say("network") },
      ...images.map((pixels, k) => element("button", { type: "button", onclick: () => set({ image: k }) }, thumbnail(pixels))));
    parts.net = element("div", { class: "switch", role: "group", "aria-label": say("network") },
      ...CHOICES.net.map((value) => button(value, () => set({ net: value }), { "data-value": value })));
    parts.verdict = element("p", { class: "verdict" });
    parts.networkNote = element("p", { class: "note" });
    const network = element("section", { class: "card network" },
      element("div", { class: "head" }, title("network"), parts.net, parts.verdict),
      parts.images, picture("raster"), parts.networkNote);
    parts.table = element("div", { class: "tables" });
    parts.numbers = element("details", { class: "card numbers", ontoggle: showNumbers },
      element("summary", { html: html(say("numbers")) }), parts.table);
    parts.live = element("p", { class: "unseen", "aria-live": "polite" });
    root.append(bar, element("div", { class: "grid" },
      element("div", { class: "column" }, element("div", { class: "top" }, driveRow, time), inputs),
      element("div", { class: "column" }, options, circuit,
        element("div", { class: "curves" }, transfer, figure3), network)), parts.numbers, parts.live);
    if (focused) root.querySelector(`[data-key=${focused}]`)?.focus();
    // Their sizes change with the window, and with what is shown beside them.
    watcher.disconnect();
    for (const name of Object.keys(PICTURES)) watcher.observe(parts[name]);
    measure();
    show();
  }

  const named = (dataset) => ({ mnist: "MNIST", "fashion-mnist": "Fashion-MNIST" })[dataset] ?? dataset;

  function thumbnail(pixels) {
    const canvas = element("canvas", { width: 28, height: 28, "aria-hidden": "true" });
    const context = canvas.getContext("2d");
    const image = context.createImageData(28, 28);
    pixels.forEach((grey, k) => image.data.set([grey, grey, grey, 255], 4 * k));
    context.putImageData(image, 0, 0);
    return canvas;
  }

  /** Something that is dragged, or moved with the arrow keys. */
  function handle(name, move, key) {
    const made = element("g", { class: `handle ${name}`, tabindex: 0, role: "slider" });
    made.addEventListener("pointerdown", (event) => {
      made.setPointerCapture(event.pointerId);
      made.focus();
      event.preventDefault();
    });
    made.addEventListener("pointermove", (event) => {
      if (made.hasPointerCapture(event.pointerId)) move(event, made);
    });
    made.addEventListener("keydown", (event) => {
      if (key(event, made)) event.preventDefault();
    });
    return made;
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  // --- Changes ------------------------------------------------------------------------------------

  function moveDrive(x) {
    // Beyond 16 there is infinity, and one step back from it is 16.
    if (x > 4) set({ v: state.v === Infinity && x < 4.5 ? MOST_DRIVE : Infinity });
    else set({ v: 2 ** x });
  }

  function moveDrop(d) {
    set({ d, ...(d > 0 && state.diode === "ideal" ? { diode: "drop" } : {}) });
  }

  function choosePreset(key) {
    const { lang, theme, dataset, image, net, guess } = state;
    const same = { lang, theme, dataset, image, net };
    set({ ...defaults(data), ...same, ...PRESETS[key], preset: key, guess: guess === null ? null : 0.5, revealed: false });
  }

  function reset() {
    set({ ...defaults(data), lang: state.lang, theme: state.theme });
  }

  function toggleTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = state.theme === "auto" ? (dark ? "dark" : "light") : state.theme;
    set({ theme: now === "dark" ? "light" : "dark" });
  }

  async function copyLink() {
    const address = `${location.href.split("#")[0]}#${toLink(state, data)}`;
    history.replaceState(null, "", address);
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      // Without permission the address bar has it.
    }
    parts.copy.textContent = say("copied");
    later("copied", 1500, () => (parts.copy.innerHTML = html(say("copy_link"))));
  }

  function togglePrediction() {
    set(state.guess === null ? { guess: 0.5, revealed: false } : { guess: null, revealed: false });
    // Nothing may give the answer away, not even for a moment.
    parts.live.textContent = "";
    showRest();
    parts.guessInput?.focus();
  }

  function togglePlay() {
    const playing = !timers.playing;
    parts.play.innerHTML = html(say(playing ? "pause" : "play"));
    if (!playing) {
      cancelAnimationFrame(timers.playing);
      timers.playing = null;
      return;
    }
    let last = performance.now();
    if (state.now >= 2) set({ now: 0 });
    const step = (time) => {
      const now = state.now + (2 * (time - last)) / 1000 / SECONDS_OF_PLAY;
      last = time;
      set({ now: Math.min(now, 2) });
      if (now < 2) timers.playing = requestAnimationFrame(step);
      else togglePlay();
    };
    timers.playing = requestAnimationFrame(step);
  }

  function changeSpike(j, changes) {
    const scale = state.keep === "resistors" ? state.ref / state.v : 1;
    const { t, w } = { ...weighted(state)[j], ...changes };
    set({ inputs: state.inputs.map((input, k) => (k === j ? { t, w: w * scale } : input)) });
  }

  function addSpike({ t, w } = { t: 0.5, w: 1 }) {
    if (state.inputs.length >= MOST_INPUTS) return;
    const scale = state.keep === "resistors" ? state.ref / state.v : 1;
    set({ inputs: [...state.inputs, { t, w: w * scale }] });
    parts.handles.lastChild.focus();
  }

  function removeSpike(j) {
    if (state.inputs.length > 1) set({ inputs: state.inputs.filter((_, k) => k !== j) });
    parts.handles.children[Math.max(j - 1, 0)].focus();
  }

  /** Time and weight under the pointer. */
  function spikeAt(event) {
    const box = parts.spikes.getBoundingClientRect();
    const { X, Y } = parts.spikesFrame;
    const t = (event.clientX - box.left - X(0)) / (X(1) - X(0));
    const w = (event.clientY - box.top - Y(0)) / (Y(1) - Y(0));
    return { t: clamp(Math.round(t * 100) / 100, 0, 1), w: clamp(Math.round(w * 20) / 20, -parts.reach, parts.reach) };
  }

  function keySpike(event, made) {
    const j = [...parts.handles.children].indexOf(made);
    if (event.key === "Delete" || event.key === "Backspace") removeSpike(j);
    else if (ARROWS[event.key]) {
      const size = event.shiftKey ? 5 : 1;
      const [right, up] = ARROWS[event.key];
      const { t, w } = weighted(state)[j];
      changeSpike(j, { t: clamp(t + 0.01 * size * right, 0, 1), w: w + 0.05 * size * up });
    } else return false;
    return true;
  }

  function moveGuess(event) {
    const { Y } = parts.potentialFrame;
    const y = event.clientY - parts.potential.getBoundingClientRect().top;
    set({ guess: Math.round(((y - Y(0)) / (Y(1) - Y(0))) * 100) / 100 });
  }

  function moveNow(event) {
    if (event.type === "pointerdown") parts.potential.setPointerCapture(event.pointerId);
    else if (!parts.potential.hasPointerCapture(event.pointerId)) return;
    const { X } = parts.potentialFrame;
    const x = event.clientX - parts.potential.getBoundingClientRect().left;
    set({ now: (2 * (x - X(0))) / (X(2) - X(0)) });
  }

  function keyGuess(event) {
    if (!ARROWS[event.key]) return false;
    set({ guess: state.guess + (event.shiftKey ? 0.1 : 0.01) * (ARROWS[event.key][1] || ARROWS[event.key][0]) });
    return true;
  }

  // --- Pictures -----------------------------------------------------------------------------------

  /** Take the sizes of the pictures; those that have another one are drawn again. */
  function measure() {
    const em = parseFloat(getComputedStyle(root).fontSize);
    for (const [name, drawing] of Object.entries(PICTURES)) {
      const { width, height } = parts[name].getBoundingClientRect();
      const size = { width: Math.max(width, 150), height: Math.max(height, 60), em };
      if (JSON.stringify(size) !== JSON.stringify(sizes[name])) delete drawn[drawing];
      sizes[name] = size;
    }
  }

  /** Draw again what depends on something that has changed. */
  function once(name, dependence, draw) {
    const key = JSON.stringify(dependence);
    if (drawn[name] === key) return;
    drawn[name] = key;
    draw();
  }

  function show() {
    const inputs = weighted(state);
    const circuit = circuitOf(state);
    const electric = [inputs, String(circuit.vSyn), circuit.vD, circuit.reverse, circuit.off];
    const hidden = state.guess !== null && !state.revealed;
    const rc = present(inputs, circuit);
    const conventional = present(inputs, CONVENTIONAL);
    parts.solved = { inputs, circuit, rc, conventional };
    root.dataset.theme = state.theme;
    if (page) document.documentElement.dataset.theme = state.theme;
    once("controls", [state.v, String(state.v), state.d, state.diode, state.keep, state.off, state.net, state.dataset, state.preset, state.now, hidden, state.guess], showControls);
    once("answer", [electric, hidden, state.guess, state.revealed], () => showAnswer(rc, conventional, hidden));
    once("potential", [electric, hidden, state.guess, state.now], () => drawPotential(rc, conventional, circuit, hidden));
    once("spikes", [electric], () => drawSpikes(inputs));
    once("circuit", [electric, state.now, hidden], () => drawCircuit(inputs, circuit, rc, hidden));
    // The neuron first; the rest a frame later, once for all that has moved meanwhile.
    parts.rest = () => {
      once("cloud", [electric, hidden], () => drawCloud(inputs, circuit, rc, hidden));
      once("figure3", [String(state.v), state.dataset], drawFigure3);
      once("network", [String(state.v), state.image, state.net], drawNetwork);
      showNumbers();
    };
    timers.rest ??= requestAnimationFrame(showRest);
    later("live", 600, () => tell(rc, conventional, hidden));
  }

  function showRest() {
    cancelAnimationFrame(timers.rest);
    timers.rest = null;
    parts.rest();
  }

  const outcome = ({ tOut }) => (tOut < 1 ? `t_out = ${fixed(tOut, 3)} T` : say("no_spike"));

  function tell(rc, conventional, hidden) {
    const values = {
      v: volts(state.v), rc: hidden ? say("hidden") : fixed(rc.vEnd, 3), rcSpike: hidden ? say("hidden") : outcome(rc),
      mac: fixed(conventional.vEnd, 3), macSpike: outcome(conventional),
    };
    parts.live.textContent = `${say("summary", values)} ${parts.verdict.textContent}`;
  }

  function pressed(group, value) {
    for (const item of group.querySelectorAll("[data-value]")) item.setAttribute("aria-pressed", item.dataset.value === value);
  }

  function showControls() {
    for (const name of ["keep", "diode", "off", "net", "dataset"]) pressed(parts[name], state[name]);
    pressed(parts.presets, state.preset);
    const conventional = state.v === Infinity;
    for (const name of ["diode", "off"]) {
      for (const item of parts[name].children) item.disabled = conventional;
    }
    parts.v.value = conventional ? 4.5 : Math.log2(state.v);
    parts.v.setAttribute("aria-valuetext", `V_syn = ${volts(state.v)}`);
    parts.vValue.textContent = state.v === Infinity ? "∞" : state.v.toFixed(2);
    const { vD } = circuitOf(state);
    parts.d.value = state.diode === "drop" || state.diode === "leaky" ? vD : 0;
    parts.d.disabled = conventional || state.diode === "none";
    parts.dValue.textContent = fixed(vD);
    parts.now.value = state.now;
    parts.now.setAttribute("aria-valuetext", `t = ${fixed(state.now)} T`);
    parts.nowValue.textContent = `t = ${fixed(state.now)} T`;
    parts.predict.innerHTML = html(say(state.guess === null ? "predict" : "stop_predicting"));
    parts.predict.setAttribute("aria-pressed", state.guess !== null);
    parts.caption.innerHTML = html(say(`caption_${state.preset in PRESETS ? state.preset : "own"}`));
  }

  function showAnswer(rc, conventional, hidden) {
    const item = (name, label, value, more = "") =>
      `<span class="item ${name}"><span>${html(label)}</span> <b>${html(value)}</b>${more ? ` <b>${html(more)}</b>` : ""}</span>`;
    parts.answer.innerHTML = [
      item("rc", `${say("rc")}: v(T) =`, hidden ? "?" : fixed(rc.vEnd, 3), hidden ? "" : outcome(rc)),
      item("conventional", `${say("conventional")}: ${say("mac")} =`, fixed(conventional.vEnd, 3), outcome(conventional)),
      item("difference", say("difference"), hidden ? "?" : fixed(rc.vEnd - conventional.vEnd, 3)),
    ].join("");
    parts.prediction.hidden = state.guess === null;
    if (state.guess === null) {
      parts.prediction.replaceChildren();
      parts.guessInput = null;
      return;
    }
    if (state.revealed) {
      parts.guessInput = null;
      const values = { guess: fixed(state.guess), value: fixed(rc.vEnd, 3) };
      parts.prediction.replaceChildren(element("span", { html: html(say("predicted", values)) }),
        button("predict", () => set({ revealed: false }), { class: "strong" }));
      return;
    }
    if (!parts.guessInput) {
      const input = element("input", { type: "range", min: -1.5, max: 2, step: 0.01, "aria-label": say("prediction"), oninput: () => set({ guess: Number(input.value) }) });
      parts.guessInput = input;
      parts.guessValue = element("b", {});
      parts.prediction.replaceChildren(element("span", { html: html(say("prediction")) }), input, parts.guessValue,
        button("reveal", () => set({ revealed: true }), { class: "strong" }));
    }
    parts.guessInput.value = state.guess;
    parts.guessValue.textContent = fixed(state.guess);
  }

  /** A lower end of the axis, `low` or less, that leaves a share of it free below all lines in sight. */
  function lowerEnd(low, high, lines, share) {
    const lowest = Math.min(...lines.filter((v) => v > low));
    const end = lowest - ((high - lowest) * share) / (1 - share);
    return end < low ? lowerEnd(end, high, lines, share) : low;
  }

  /** Points of a curve, close where it bends. */
  function curve({ pieces, vEnd, tOut }, { X, Y }) {
    const points = [[X(0), Y(0)]];
    for (const piece of pieces) {
      const n = Math.min(24, Math.max(1, Math.ceil(24 * (piece.t1 - piece.t0) * Math.min(1, 4 * piece.f))));
      for (let k = 1; k <= n; k += 1) {
        const t = piece.t0 + ((piece.t1 - piece.t0) * k) / n;
        points.push([X(t), Y(k === n ? piece.v1 : potentialAt({ pieces: [piece] }, t))]);
      }
    }
    if (tOut < 1) points.push([X(1 + tOut), Y(Math.max(vEnd, 1))], [X(1 + tOut), Y(0)], [X(2), Y(0)]);
    return points;
  }

  function drawPotential(rc, conventional, circuit, hidden) {
    const values = (...solved) => solved.flatMap(({ pieces }) => pieces.map(({ v1 }) => v1));
    const seen = values(rc, conventional);
    const room = (x) => Math.ceil(2 * x) / 2;
    const E = circuit.vSyn - circuit.vD;
    const goals = hidden || circuit.vSyn === Infinity ? [] : segments(rc);
    const { height, em } = sizes.potential;
    const [top, bottom, rows] = [1.7, 2.8, 2.4]; // in em; rows of numbers at the lower end
    const high = room(Math.max(1.35, 0.15 + Math.max(...seen), state.guess ?? 0));
    const lines = [0, -E, ...(hidden ? values(conventional) : seen), ...goals.map(({ goal }) => goal)];
    const share = Math.min(0.5, rows / Math.max(1, height / em - top - bottom));
    const low = lowerEnd(-room(Math.max(0.3, 0.15 - Math.min(...seen))), high, lines, share);
    const y = [low, high];
    const chart = frame(sizes.potential, { x: [0, 2], y, top, bottom });
    parts.potentialFrame = chart;
    const { X, Y, x0, x1, y0, y1 } = chart;
    const inside = (v) => clamp(v, y[0], y[1]);
    const rail = (e, name) => (e > y[0] && e < y[1]
      ? line(x0, Y(e), x1, Y(e), "rail") + text(x0 + 0.3 * em, Y(e) - 0.35 * em, name, "rail-name") : "");
    const beyond = (e, name, at) => (e <= y[0] || e >= y[1] ? text(x1, at, name, "rail-name", "end") : "");
    const target = goals.map(({ t0, t1, goal, tau }) => {
      const [left, right] = [X(t0), X(t1)];
      const wide = right - left > 2.6 * em;
      const arrow = goal > y[1] ? " ↑" : goal < y[0] ? " ↓" : "";
      return [
        path([left, right].map((x) => [x, Math.min(Y(inside(goal)), y0 - rows * em)]), "target"),
        wide ? text((left + right) / 2, y0 - 1.5 * em, fixed(goal) + arrow, "goal", "middle") : "",
        wide ? text((left + right) / 2, y0 - 0.4 * em, fixed(tau), "goal", "middle") : "",
        line(left, y1, left, y0, "switch-time"),
      ].join("");
    }).join("");
    const roomy = x1 > 36 * em;
    const unit = roomy && E < Infinity ? " V_th" : ""; // where there is room
    const spike = (solved, name, low) => {
      if (solved.tOut >= 1) return "";
      const x = X(1 + solved.tOut);
      const late = solved.tOut > 0.6;
      const label = `${roomy ? "t_out = " : ""}${fixed(solved.tOut)} T`;
      return line(x, Y(Math.min(1, y[1])), x, y1 - 0.2 * em, `output ${name}`)
        + `<circle class="output ${name}" cx="${x}" cy="${Y(1)}" r="${0.32 * em}"/>`
        + text(x + (late ? -0.5 : 0.5) * em, y1 + low * em, label, `output-name ${name}`, late ? "end" : "start");
    };
    const guess = state.guess === null ? "" : line(x0, Y(state.guess), X(1), Y(state.guess), "guess-line");
    const nowV = potentialAt(rc, state.now);
    parts.potential.innerHTML = [
      `<rect class="firing" x="${X(1)}" y="${y1}" width="${X(2) - X(1)}" height="${y0 - y1}"/>`,
      chart.axes({ xTicks: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2], xLabel: say("t_axis"), yLabel: say("v_axis") }),
      line(x0, Y(1), x1, Y(1), "threshold"), text(x1, Y(1) + (E >= y[1] && Y(1) - y1 < 2.3 * em ? 1.1 : -0.35) * em, say("threshold"), "threshold-name", "end"),
      rail(E, "+E"), rail(-E, "−E"),
      beyond(E, `+E = ${fixed(E)}${unit} ↑`, y1 + 1.1 * em), beyond(-E, `−E = ${fixed(-E)}${unit} ↓`, y0 - 0.5 * em),
      line(X(state.now), y1, X(state.now), y0, "now"),
      target,
      target && text(X(1) + 0.4 * em, y0 - 1.5 * em, `← ${say("target")}${roomy ? " / V_th" : ""}`, "goal") + text(X(1) + 0.4 * em, y0 - 0.4 * em, `← ${roomy ? say("tau") : "τ"}`, "goal"),
      text(X(1.5), 0.95 * em, say("firing"), "phase", "middle"), text(X(0.5), 0.95 * em, say("charging"), "phase", "middle"),
      path(curve(conventional, chart), "curve conventional"),
      hidden ? "" : path(curve(rc, chart), "curve rc"),
      spike(conventional, "conventional", 0.9), hidden ? "" : spike(rc, "rc", 2.1),
      hidden ? "" : `<circle class="now-dot" cx="${X(state.now)}" cy="${Y(inside(nowV))}" r="${0.35 * em}"/>`,
      guess,
    ].join("");
    if (state.guess !== null) {
      parts.guessHandle.innerHTML = `<circle class="area" cx="${X(1)}" cy="${Y(state.guess)}" r="${1.2 * em}"/><path class="diamond" d="M${X(1)} ${Y(state.guess) - 0.6 * em}l${0.6 * em} ${0.6 * em}l${-0.6 * em} ${0.6 * em}l${-0.6 * em} ${-0.6 * em}z"/>`;
      const attributes = { "aria-label": say("prediction"), "aria-valuenow": state.guess, "aria-valuemin": y[0], "aria-valuemax": y[1] };
      for (const [name, value] of Object.entries(attributes)) parts.guessHandle.setAttribute(name, value);
    }
    parts.overlay.toggleAttribute("hidden", state.guess === null || state.revealed);
    const told = { v: volts(state.v), rc: hidden ? say("hidden") : fixed(rc.vEnd, 3), rcSpike: hidden ? say("hidden") : outcome(rc), mac: fixed(conventional.vEnd, 3), macSpike: outcome(conventional) };
    parts.potential.setAttribute("aria-label", `${say("potential")}. ${say("summary", told)}`);
  }

  /** Targets and time constants of the charging phase. */
  function segments({ pieces }) {
    return pieces.filter(({ t0, t1 }) => t0 < 1 && t1 > t0).map(({ t0, t1, g, f }) => (
      { t0, t1, goal: f > 0 ? g / f : g * Infinity || 0, tau: 1 / f })).filter(({ tau }) => tau < Infinity);
  }

  function drawSpikes(inputs) {
    const heaviest = Math.max(...inputs.map(({ w }) => Math.abs(w)));
    const reach = heaviest < 1.95 ? 2 : Math.max(MOST_WEIGHT, Math.ceil(heaviest));
    parts.reach = reach;
    const chart = frame(sizes.spikes, { x: [0, 2], y: [-1.15 * reach, 1.15 * reach], top: 0.4, bottom: 1.6 });
    parts.spikesFrame = chart;
    const { X, Y, em, x0, y0, y1 } = chart;
    parts.spikesBack.innerHTML = `<rect class="firing" x="${X(1)}" y="${y1}" width="${X(2) - X(1)}" height="${y0 - y1}"/>`
      + chart.axes({ xTicks: [0, 0.25, 0.5, 0.75, 1], yMost: 4, yLabel: say("w_axis") }) + line(x0, Y(0), X(1), Y(0), "axis")
      + text(X(1.5), Y(0) - 0.4 * em, say("firing"), "phase", "middle");
    while (parts.handles.children.length > inputs.length) parts.handles.lastChild.remove();
    while (parts.handles.children.length < inputs.length) {
      parts.handles.append(handle("spike", (event, made) => changeSpike([...parts.handles.children].indexOf(made), spikeAt(event)), keySpike));
    }
    inputs.forEach(({ t, w }, j) => {
      const made = parts.handles.children[j];
      const sign = w < 0 ? "negative" : "positive";
      made.setAttribute("class", `handle spike ${sign}`);
      const label = say("spike", { j: j + 1, t: fixed(t), w: fixed(w) });
      const attributes = { "aria-label": label, "aria-valuetext": label, "aria-valuenow": t, "aria-valuemin": 0, "aria-valuemax": 1 };
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      made.innerHTML = `<line x1="${X(t)}" y1="${Y(0)}" x2="${X(t)}" y2="${Y(w)}"/><circle class="area" cx="${X(t)}" cy="${Y(w)}" r="${1.15 * em}"/><circle cx="${X(t)}" cy="${Y(w)}" r="${0.62 * em}"/><text x="${X(t)}" y="${Y(w) + 0.3 * em}" text-anchor="middle">${j + 1}</text>`;
    });
    root.querySelector("[data-key=add]").disabled = inputs.length >= MOST_INPUTS;
    root.querySelector("[data-key=remove]").disabled = inputs.length < 2;
  }

  function drawCircuit(inputs, circuit, rc, hidden) {
    const { width, height, em } = sizes.circuit;
    const v = potentialAt(rc, state.now);
    const states = lineStates(inputs, circuit, state.now, v);
    const constant = circuit.vSyn === Infinity;
    const row = Math.min(3 * em, (height - 1.7 * em) / inputs.length);
    const narrow = width < 34 * em;
    const [xLevel, xWire, xNode] = narrow ? [1.2 * em, 6 * em, width - 9.4 * em] : [9 * em, 14.6 * em, width - 12 * em];
    const [xDiode, xResistor] = narrow ? [xWire + em, xWire + 1.9 * em] : [xWire + 2.5 * em, xWire + 4.5 * em];
    const top = Math.max(0, (height - 1.7 * em - row * inputs.length) / 2);
    const level = ({ level, on }) => (constant ? say(on ? "on" : "off_line") : level === null ? say("floating")
      : level === 0 ? "0 V" : `${fixed(level)} V_th`.replace(/^(?=\d)/, "+"));
    const words = [];
    const rows = inputs.map(({ t, w }, j) => {
      const y = top + row * (j + 0.5);
      const state_ = states[j];
      const forward = state_.current * Math.sign(w) > 1e-9;
      const flows = Math.abs(state_.current) > 1e-9;
      const leaks = flows && (!state_.on || !forward);
      const sign = w < 0 ? "negative" : "positive";
      const name = `wire ${state_.on ? sign : "off"} ${leaks ? "leaks" : ""}`;
      const current = `${fixed(state_.current)} C V_th/T`;
      words.push(say(state_.on ? "line_on" : "line_off", { j: j + 1, level: level(state_), current }));
      const size = Math.min(0.62 * em, row * 0.32);
      const back = w < 0 ? -1 : 1;
      const tip = [xDiode + back * size, y];
      const diode = state.diode === "none" || constant ? "" : `<path class="diode ${flows ? (leaks ? "lit leaks" : "lit") : ""} ${state_.on ? sign : "off"}" d="M${tip}L${xDiode - back * size} ${y - size}V${y + size}ZM${tip[0]} ${y - size}V${y + size}"/>`;
      const length = clamp(xNode - xResistor - 3.6 * em, 2 * em, 5.5 * em);
      const zigzag = constant
        ? `<circle class="source ${state_.on ? sign : "off"}" cx="${xResistor + length / 2}" cy="${y}" r="${size}"/>` + path([[xResistor + length / 2 - back * size * 0.5, y], [xResistor + length / 2 + back * size * 0.5, y]], "source-arrow")
        : path(Array.from({ length: 9 }, (_, k) => [xResistor + (length * k) / 8, y + (k % 8 === 0 ? 0 : (k % 2 ? -1 : 1) * size * 0.75)]), name);
      const arrow = flows && !hidden ? text(xNode - 0.5 * em, y + 0.33 * em, `${state_.current > 0 ? "→" : "←"}${fixed(Math.abs(state_.current))}`, `flow ${leaks ? "leaks" : sign}`, "end") : "";
      return [
        text(0, y + 0.35 * em, `${j + 1}`, `number ${sign}`), narrow ? "" : text(1.2 * em, y + 0.35 * em, `t ${fixed(t)}  w ${fixed(w)}`, "small"),
        text(xLevel - 0.1 * em, y + 0.35 * em, level(state_), `level ${state_.on ? sign : "off"} ${leaks ? "leaks" : ""}`),
        line(xWire, y, constant ? xResistor + length / 2 - size : xDiode - (diode ? size : 0), y, name),
        constant ? "" : line(xDiode + (diode ? size : 0), y, xResistor, y, name), zigzag, diode,
        line(constant ? xResistor + length / 2 + size : xResistor + length, y, xNode, y, name),
        `<circle class="node" cx="${xNode}" cy="${y}" r="${0.2 * em}"/>`, arrow,
      ].join("");
    });
    const bottom = top + row * inputs.length;
    const yOut = (top + bottom) / 2;
    const xC = xNode + (narrow ? 2.1 : 3) * em;
    const fired = !hidden && rc.tOut < 1 && state.now >= 1 + rc.tOut;
    const plate = 1.4 * em;
    const yC = yOut + 1.4 * em;
    const xK = xNode + (narrow ? 4.6 : 6.5) * em;
    parts.circuit.innerHTML = [
      line(xNode, Math.min(top + row * 0.5, yOut), xNode, Math.max(bottom - row * 0.5, yOut), "wire dendrite"),
      ...rows,
      line(xNode, yOut, xK, yOut, "wire dendrite"), line(xC, yOut, xC, yC, "wire dendrite"),
      `<path class="capacitor" d="M${xC - plate} ${yC}h${2 * plate}M${xC - plate} ${yC + 0.6 * em}h${2 * plate}M${xC} ${yC + 0.6 * em}v${0.9 * em}m${-0.9 * em} 0h${1.8 * em}"/>`,
      text(xC - plate, yC - 0.5 * em, "C", "small"),
      text(narrow ? width : xC + plate + 0.5 * em, yC + (narrow ? 3.2 : 1.5) * em, hidden ? "V = ?" : `V = ${fixed(v)} V_th`, "volt", narrow ? "end" : "start"),
      `<path class="comparator ${fired ? "fired" : ""}" d="M${xK} ${yOut - 1.7 * em}v${3.4 * em}l${3.2 * em} ${-1.7 * em}z"/>`,
      text(xK + 0.2 * em, yOut + 0.3 * em, "≥V_th", "tiny"),
      line(xK + 3.2 * em, yOut, width, yOut, fired ? "wire fired" : "wire off"),
      text(width, yOut - 0.6 * em, hidden ? "?" : fired ? "↑ t_out" : "", "volt", "end"),
      constant || state.diode === "none" ? "" : `<path class="diode lit" transform="translate(${0.7 * em} ${height - 0.6 * em})" d="M${0.5 * em} 0L${-0.4 * em} ${-0.5 * em}V${0.5 * em}Z"/>` + text(1.6 * em, height - 0.25 * em, say("conducts"), "tiny"),
      constant ? "" : `<path class="wire leaks" d="M${width * 0.36} ${height - 0.6 * em}h${1.6 * em}"/>` + text(width * 0.36 + 2 * em, height - 0.25 * em, say("leaks"), "tiny"),
    ].join("");
    parts.circuitTitle.innerHTML = html(say("circuit", { t: fixed(state.now) }));
    parts.circuit.setAttribute("aria-label", `${say("circuit", { t: fixed(state.now) })}: ${words.join("; ")}. V = ${hidden ? say("hidden") : fixed(v, 3)} V_th`);
  }

  function drawCloud(inputs, circuit, rc, hidden) {
    const scale = state.keep === "resistors" ? state.v / state.ref : 1;
    once("random", [String(circuit.vSyn), circuit.vD, circuit.reverse, circuit.off, scale], () => {
      parts.random = RANDOM_NEURONS.map((neuron) => {
        const scaled = scale === 1 ? neuron : neuron.map(({ t, w }) => ({ t, w: w * scale }));
        return [multiplyAccumulate(scaled), endPotential(scaled, circuit)];
      });
    });
    const mac = multiplyAccumulate(inputs);
    const reach = Math.max(2, Math.ceil(Math.abs(mac) * 1.1), Math.ceil(Math.abs(rc.vEnd) * 1.1), scale > 1 ? Math.ceil(2 * scale) : 0);
    const chart = frame(sizes.cloud, { x: [-reach, reach], y: [-reach, reach] });
    const { X, Y, em, x0, x1, y0, y1 } = chart;
    const dots = parts.random.filter(([x, y]) => Math.abs(x) < reach && Math.abs(y) < reach)
      .map(([x, y]) => `M${X(x).toFixed(1)} ${Y(y).toFixed(1)}h0`).join("");
    parts.cloud.innerHTML = [
      chart.axes({ xTicks: steps(-reach, reach, 4).ticks, xText: (v) => fixed(v, v % 1 ? 1 : 0), xLabel: say("mac_axis"), yLabel: say("vend_axis"), yMost: 4 }),
      path([[X(-reach), Y(-reach)], [X(reach), Y(reach)]], "identity"),
      `<path class="dots" d="${dots}"/>`,
      hidden ? line(X(mac), y0, X(mac), y1, "here-line")
        : line(x0, Y(rc.vEnd), X(mac), Y(rc.vEnd), "here-line") + line(X(mac), y0, X(mac), Y(rc.vEnd), "here-line") + `<circle class="here" cx="${X(mac)}" cy="${Y(rc.vEnd)}" r="${0.5 * em}"/>`,
    ].join("");
    const values = hidden ? say("hidden") : `${say("mac")} = ${fixed(mac, 3)}, v(T) = ${fixed(rc.vEnd, 3)}`;
    parts.cloud.setAttribute("aria-label", `${say("transfer")}: ${values}. ${say("cloud", { n: CLOUD })}`);
  }

  /** Place on a logarithmic axis on which infinity has one, too. */
  const driveAt = (v) => (numeric(v) === Infinity ? 5 : Math.log2(numeric(v)));

  function drawFigure3() {
    const { trained, mapped, energy, networks: n } = data.figure3[state.dataset];
    const all = [...trained, ...mapped].map(([, y]) => y);
    const low = Math.floor(Math.min(...all) * 50) / 50;
    const high = Math.min(1, Math.ceil(Math.max(...all) * 50) / 50);
    const chart = frame(sizes.figure3, { x: [-2, 5.2], y: [low, high], left: 4.4, bottom: 2.9 });
    const { X, Y, em, y0, y1 } = chart;
    const drawCurve = (curve, name) => {
      const points = curve.map(([v, y]) => [driveAt(v), y]).sort((a, b) => a[0] - b[0]);
      return path(points.filter(([x]) => x < 5).map(([x, y]) => [X(x), Y(y)]), `curve ${name}`)
        + points.map(([x, y]) => `<circle class="point ${name}" cx="${X(x)}" cy="${Y(y)}" r="${0.2 * em}"/>`).join("");
    };
    const here = Object.entries({ trained, mapped }).map(([name, curve]) => [name, interpolated(curve, state.v)]);
    const found = here.filter(([, y]) => y !== null);
    const marks = found.map(([name, y]) => `<circle class="here ${name}" cx="${X(driveAt(state.v))}" cy="${Y(y)}" r="${0.5 * em}"/>`);
    parts.figure3.innerHTML = [
      chart.axes({ xTicks: [-2, -1, 0, 1, 2, 3, 4, 5], xText: (x) => (x === 5 ? "∞" : drive(2 ** x)), xLabel: "V_syn / V_th", yLabel: say("accuracy_axis"), yMost: 4, yText: (y) => `${Math.round(100 * y)} %` }),
      line(X(driveAt(state.v)), y0, X(driveAt(state.v)), y1, "here-line"),
      drawCurve(trained, "trained"), drawCurve(mapped, "mapped"), ...marks,
    ].join("");
    const spent = interpolated(energy, state.v);
    // The names are below the chart, with a piece of their lines: in it something is everywhere for some V_syn.
    const percent = (y) => (y === null ? "" : ` ${(100 * y).toFixed(1)} %`);
    const values = here.map(([name, y]) => `<b class="${name}">${html(say(name))}${percent(y)}</b>`);
    if (!found.length) values.push(`<b>${html(say("outside"))}</b>`);
    if (found.length && spent !== null && state.v < Infinity) values.push(`<b>${html(say("per_inference", { e: spent.toFixed(0) }))}</b>`);
    parts.figure3Note.innerHTML = `${values.join(", ")}. ${html(say("average", { n, data: named(state.dataset) }))}.`;
    parts.figure3.setAttribute("aria-label", `${say("figure3")}. ${parts.figure3Note.textContent}`);
  }

  /** The network to show: of the trained drive voltage that is nearest, or the conventional one. */
  function chosenNetwork() {
    const { v_syn: drives, accuracy } = data.networks.about;
    const distance = (v) => Math.abs(driveAt(v) - Math.min(driveAt(state.v), 5));
    const nearest = drives.reduce((best, v) => (distance(v) < distance(best) ? v : best));
    return { name: state.net === "mapped" ? "inf" : nearest, accuracy: accuracy[state.net][drives.indexOf(nearest)], measured: nearest };
  }

  function drawNetwork() {
    const { name, accuracy, measured } = chosenNetwork();
    const { about } = data.networks;
    const beta = 1 / state.v;
    const results = imageTimes.map((times, k) => networkSpikes(times, networks[name], beta, imageOrders[k]));
    const classes = results.map((layers) => firstSpike(layers.at(-1)));
    const { labels } = data.images;
    parts.results = { spikes: results, classes };
    classes.forEach((first, k) => {
      const right = first === labels[k];
      const item = parts.images.children[k];
      item.className = right ? "right" : "wrong";
      item.setAttribute("aria-pressed", k === state.image);
      item.setAttribute("aria-label", say("image", { k: k + 1, label: labels[k], outcome: say(right ? "right" : "wrong") }));
    });
    const [layers, first, label] = [results[state.image], classes[state.image], labels[state.image]];
    const spikesOf = [imageTimes[state.image], ...layers];
    const { width, height, em } = sizes.raster;
    const chart = frame({ width, height, em }, { x: [0, spikesOf.length], y: [0, 1], left: 5, top: 0.4 });
    const { X, x0, x1, y0, y1 } = chart;
    const shares = [0.2, 0.2, 0.2, 0.4];
    let at = y1;
    const groups = spikesOf.map((times, l) => {
      const high = (y0 - y1) * shares[l];
      const row = (high - 0.4 * em) / times.length;
      const output = l === spikesOf.length - 1;
      const size = Math.max(output ? 0.75 * row : 0.9 * row, 0.14 * em);
      const y = (i) => at + (i + 0.5) * row;
      const marks = times.map((t, i) => (t < 1 ? `M${(X(l + t)).toFixed(1)} ${(y(i) - size / 2).toFixed(1)}v${size.toFixed(1)}` : "")).join("");
      const name = l === 0 ? say("layer_input") : output ? say("layer_output") : say("layer_hidden", { k: l });
      const chosen = output && first >= 0 ? `<rect class="first ${first === label ? "right" : "wrong"}" x="${X(l)}" y="${y(first) - row / 2}" width="${X(l + 1) - X(l)}" height="${row}"/><circle class="first ${first === label ? "right" : "wrong"}" cx="${X(l + times[first])}" cy="${y(first)}" r="${0.45 * em}"/>` : "";
      const names = output ? times.map((_, i) => (row > 0.6 * em || i === first ? `<text class="digit ${i === first ? "chosen" : ""}" x="${X(l) - 0.4 * em}" y="${y(i) + 0.3 * em}" text-anchor="end" style="font-size:${Math.min(em, Math.max(row * 0.95, 0.62 * em))}px">${i}</text>` : "")).join("") : "";
      const made = `<rect class="phase-band" x="${X(l)}" y="${at}" width="${X(l + 1) - X(l)}" height="${high - 0.4 * em}"/>${chosen}<path class="ticks layer${Math.min(l, 3)} ${output ? "out" : ""}" d="${marks}"/>${names}${text(x0 - 0.5 * em, at + high / 2, name, "tick", "end")}`;
      at += high;
      return made;
    });
    const ticks = spikesOf.map((_, l) => l).concat(spikesOf.length);
    parts.raster.innerHTML = [
      ...groups,
      ...ticks.map((v) => line(X(v), y0, X(v), y0 + 0.3 * em, "axis") + text(X(v), y0 + 1.25 * em, String(v), "tick", "middle")),
      line(x0, y0, x1, y0, "axis"), text((x0 + x1) / 2, y0 + 2.4 * em, say("raster_axis"), "label", "middle"),
    ].join("");
    const key = first < 0 ? "undecided" : first === label ? "first" : "first_wrong";
    const sentence = say(key, { k: first, t: fixed(layers.at(-1)[first] ?? 1, 3), label });
    parts.verdict.className = `verdict ${first === label ? "right" : "wrong"}`;
    parts.verdict.textContent = `${sentence}`;
    const values = {
      right: classes.filter((c, k) => c === labels[k]).length, n: labels.length, all: about.test_images.toLocaleString("en"),
      accuracy: `${(100 * accuracy).toFixed(1)} %`, v: volts(numeric(measured)), layers: about.layers,
    };
    parts.networkNote.innerHTML = `<b>${html(say("right_of", values))}</b> ${html(say(state.net === "mapped" ? "mapped_note" : "trained_note", values))}`;
    parts.raster.setAttribute("aria-label", `${say("network")}. ${sentence} ${parts.networkNote.textContent}`);
  }

  function showNumbers() {
    const { inputs, circuit } = parts.solved;
    if (!parts.numbers.open) return;
    once("numbers", [inputs, String(circuit.vSyn), circuit.vD, circuit.reverse, circuit.off], fillTable);
  }

  function fillTable() {
    const { inputs, circuit, rc } = parts.solved;
    const exact = !circuit.reverse && circuit.off === null;
    const share = circuit.vSyn === Infinity ? 1 : (circuit.vSyn - circuit.vD) / circuit.vSyn;
    const gradients = membraneGradients(inputs.map(({ t }) => t), inputs.map(({ w }) => w * share), 1 / (circuit.vSyn - circuit.vD));
    const cell = (value) => (exact ? fixed(value, 4) : "–");
    const head = (...keys) => `<thead><tr>${keys.map((key) => `<th scope="col">${html(say(key))}</th>`).join("")}</tr></thead>`;
    const rows = inputs.map(({ t, w }, j) =>
      `<tr><th scope="row">${j + 1}</th><td>${fixed(t)}</td><td>${fixed(w)}</td><td>${cell(gradients.tOutByTime[j])}</td><td>${cell(gradients.tOutByWeight[j] * share)}</td></tr>`);
    const parts_ = segments(rc).map(({ t0, t1, goal, tau }) =>
      `<tr><th scope="row">${fixed(t0)} – ${fixed(t1)}</th><td>${fixed(goal, 3)}</td><td>${fixed(tau, 3)}</td></tr>`);
    parts.table.innerHTML = `<table>${head("input", "spike_time", "weight", "d_time", "d_weight")}<tbody>${rows.join("")}</tbody></table>`
      + `<table>${head("segment", "target", "tau")}<tbody>${parts_.join("")}</tbody></table><p class="note">${html(say("numbers_note"))}</p>`;
  }

  // --- Beginning and end --------------------------------------------------------------------------

  build();
  const follow = () => set({ ...start(), ...fromLink(location.hash.slice(1)) });
  if (page) addEventListener("hashchange", follow);
  return {
    get state() {
      return state;
    },
    get solved() {
      return parts.solved;
    },
    showRest,
    networkResults() {
      showRest();
      return parts.results;
    },
    set,
    destroy() {
      watcher.disconnect();
      removeEventListener("hashchange", follow);
      cancelAnimationFrame(timers.playing);
      cancelAnimationFrame(timers.rest);
      Object.values(timers).forEach(clearTimeout);
    },
  };
}

/** What anywidget calls in a notebook. */
export default {
  render({ model, el }) {
    const given = () => ({ ...model.get("values"), v: numeric(model.get("values").v ?? 1) });
    const place = document.createElement("div");
    el.append(place);
    let own = false;
    const explorer = mount(place, model.get("data"), {
      state: given(),
      changed(values) {
        own = true;
        model.set("values", values);
        model.save_changes();
        own = false;
      },
    });
    const follow = () => own || explorer.set(given());
    model.on("change:values", follow);
    return () => {
      model.off("change:values", follow);
      explorer.destroy();
    };
  },
};
