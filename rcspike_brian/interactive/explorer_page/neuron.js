// The exact solution of RC-Spike in JavaScript: charging phase, firing phase, gradients, a network.
//
// Potentials are in units of V_th, times in units of T, conductances in units of C/T. With the
// weight w = s T E G/(C V_th) and beta = V_th/E, dv/dt = g - f v between two input spikes, where g
// sums w and f sums beta |w| over the lines that are on (arXiv:2412.09010, Methods).
// Pure functions: nothing here knows of a page.

/** (1 - exp(-x))/x, by its series where the difference would lose digits. */
export function phi(x) {
  if (x > 0.01) return (1 - Math.exp(-x)) / x;
  return 1 - (x / 2) * (1 - (x / 3) * (1 - (x / 4) * (1 - (x / 5) * (1 - x / 6))));
}

/** (phi(x) - exp(-x))/x, likewise. */
export function psi(x) {
  if (x > 1) return (phi(x) - Math.exp(-x)) / x;
  let sum = 0;
  for (let k = 0, power = 1; k < 20; k += 1) {
    sum += ((k + 1) * power) / (k + 2);
    power *= -x / (k + 2);
  }
  return sum;
}

const pair = (beta) => (Array.isArray(beta) ? beta : [beta, beta]);
const relaxed = (v, g, f, D) => v + (g - f * v) * D * phi(f * D);

/** Numbers of the inputs that spike, in the order of their spikes. */
export function inOrder(times) {
  return [...times.keys()].filter((j) => times[j] < 1).sort((a, b) => times[a] - times[b] || a - b);
}

/** v(1) of one neuron. `beta` is a number or [beta_plus, beta_minus]; 0 is the conventional circuit. */
export function membranePotential(times, weights, beta) {
  const [plus, minus] = pair(beta);
  let [v, g, f, now] = [0, 0, 0, 0];
  for (const j of inOrder(times)) {
    v = relaxed(v, g, f, times[j] - now);
    now = times[j];
    g += weights[j];
    f += weights[j] > 0 ? plus * weights[j] : -minus * weights[j];
  }
  return relaxed(v, g, f, 1 - now);
}

/** Output spike time of the linear ramp; 1 is no spike. */
export const spikeTime = (v) => Math.min(Math.max(1 - v, 0), 1);

/**
 * v(1) and t_out with their derivatives by each weight and each spike time.
 *
 * The distances 1 - beta_plus v and 1 + beta_minus v from the rails relax too, and are sums of
 * positive terms: what is left of a gradient close to a rail keeps its digits.
 */
export function membraneGradients(times, weights, beta) {
  const [plus, minus] = pair(beta);
  const order = inOrder(times);
  const segments = [];
  let [p, n, f, v] = [0, 0, 0, 0]; // sums of positive and of negative weights; conductance
  let [toPlus, toMinus] = [1, 1];
  order.forEach((j, k) => {
    p += Math.max(weights[j], 0);
    n += Math.max(-weights[j], 0);
    f = plus * p + minus * n;
    const D = (k + 1 < order.length ? times[order[k + 1]] : 1) - times[j];
    const x = f * D;
    const left = Math.exp(-x);
    const pulled = D * (plus + minus);
    segments.push({ j, D, x, left, toPlus, toMinus, pullPlus: pulled * n, pullMinus: pulled * p });
    toPlus = toPlus * left + pulled * n * phi(x);
    toMinus = toMinus * left + pulled * p * phi(x);
    v = relaxed(v, p - n, f, D);
  });
  const byWeight = times.map(() => 0);
  const byTime = times.map(() => 0);
  // Backwards: decay = dv(1)/dv(t), and the integrals of it, and of it times either distance.
  let [decay, P, Plus, Minus] = [1, 0, 0, 0];
  for (const s of segments.reverse()) {
    P += decay * s.D * phi(s.x);
    Plus += decay * s.D * (s.toPlus * s.left + s.pullPlus * psi(s.x));
    Minus += decay * s.D * (s.toMinus * s.left + s.pullMinus * psi(s.x));
    decay *= s.left;
    const w = weights[s.j];
    byWeight[s.j] = w > 0 ? Plus : w < 0 ? Minus : P; // at the kink of |w|: the mean, for equal betas
    byTime[s.j] = -decay * w * (w > 0 ? s.toPlus : s.toMinus);
  }
  const tOut = spikeTime(v);
  const inside = tOut > 0 && tOut < 1 ? -1 : 0; // a spike that is clipped to the phase does not move
  const through = (gradient) => gradient.map((value) => (inside ? -value : 0));
  return {
    v, byWeight, byTime, tOut, tOutByWeight: through(byWeight), tOutByTime: through(byTime),
  };
}

// --- Any diode, and any level of the lines that are off -------------------------------------------
//
// A circuit is {vSyn, vD, reverse, off}: V_syn (Infinity: conventional), the drop V_d, the fraction
// of its conductance at which a diode conducts in reverse (0 ideal, 1 no diode), and the level of
// positive lines that are off (null: high impedance; negative ones are at -off). The weight of an
// input {t, w} is that with ideal diodes, T V_syn G/(C V_th): a drop keeps the resistor.
// With U = level - V_d - s v the current of a line is G U, or reverse * G U where U < 0. So dv/dt is
// linear between the potentials at which one of the U is 0, and the solution is exact there.

/** The lines that a current can flow in: {j, sign, G, level}, the drop taken off the level. */
function linesAt(inputs, circuit, isOn) {
  const lines = [];
  inputs.forEach(({ w }, j) => {
    const level = isOn(j) ? circuit.vSyn : circuit.off;
    if (level === null || !w) return;
    lines.push({ j, sign: Math.sign(w), G: Math.abs(w) / circuit.vSyn, level: level - circuit.vD });
  });
  return lines;
}

function current({ sign, G, level }, v, reverse) {
  const U = level - sign * v;
  return sign * G * (U > 0 ? U : reverse * U);
}

/** Pieces {t0, t1, v0, v1, g, f} in which v relaxes to g/f, from t0 to `end` or up to v = `stop`. */
function relaxation(v, t, end, lines, reverse, i0 = 0, stop = Infinity) {
  const pieces = [];
  while (t < end) {
    // The current has no steps, so the direction is known where a diode begins to conduct, too.
    const slope = lines.reduce((sum, line) => sum + current(line, v, reverse), i0);
    let [g, f, next] = [i0, 0, slope > 0 ? stop : -Infinity];
    for (const { sign, G, level } of lines) {
      const U = level - sign * v;
      const share = U > 0 || (U === 0 && sign > 0 !== slope > 0) ? 1 : reverse;
      g += sign * G * share * level;
      f += G * share;
      const kink = sign * level;
      if (reverse < 1 && (slope > 0 ? kink > v && kink < next : kink < v && kink > next)) next = kink;
    }
    let D = end - t;
    let reached = NaN;
    if (slope !== 0 && Number.isFinite(next)) {
      const part = (f * (next - v)) / slope;
      const needed = f > 0 ? (part < 1 ? -Math.log1p(-part) / f : Infinity) : (next - v) / slope;
      if (needed < D) [D, reached] = [needed, next];
    }
    const v1 = Number.isNaN(reached) ? relaxed(v, g, f, D) : reached;
    const t1 = Number.isNaN(reached) ? end : t + D;
    pieces.push({ t0: t, t1, v0: v, v1, g, f });
    [v, t] = [v1, t1];
    if (reached === stop) break;
  }
  return pieces;
}

/** Both phases of one neuron: pieces up to the output spike or t = 2, and v(T) and t_out. */
export function present(inputs, circuit) {
  const times = inputs.map(({ t }) => t);
  const conventional = circuit.vSyn === Infinity;
  const pieces = [];
  const advance = (end, isOn, ...ramp) => {
    const last = pieces.at(-1) ?? { v1: 0, t1: 0 };
    if (end <= last.t1) return;
    let [lines, i0 = 0, stop] = [[], ...ramp];
    if (!conventional) lines = linesAt(inputs, circuit, isOn);
    else inputs.forEach(({ w }, j) => (i0 += isOn(j) ? w : 0));
    pieces.push(...relaxation(last.v1, last.t1, end, lines, circuit.reverse, i0, stop));
  };
  for (const end of [...inOrder(times).map((j) => times[j]), 1]) {
    const start = pieces.at(-1)?.t1 ?? 0;
    advance(end, (j) => times[j] < 1 && times[j] <= start);
  }
  const vEnd = pieces.at(-1).v1;
  if (vEnd >= 1) return { pieces, vEnd, tOut: 0 };
  advance(2, () => false, 1, 1);
  const last = pieces.at(-1);
  return { pieces, vEnd, tOut: last.v1 >= 1 ? last.t1 - 1 : 1 };
}

/** v(T) with any diode. */
export function endPotential(inputs, circuit) {
  if (circuit.reverse || circuit.off !== null) return present(inputs, circuit).vEnd;
  const E = circuit.vSyn - circuit.vD;
  const share = circuit.vSyn === Infinity ? 1 : E / circuit.vSyn;
  return membranePotential(inputs.map(({ t }) => t), inputs.map(({ w }) => w * share), 1 / E);
}

/** v at a time; 0 after the spike. */
export function potentialAt({ pieces }, t) {
  if (t > pieces.at(-1).t1) return 0;
  const { t0, v0, g, f } = pieces.find((piece) => t <= piece.t1);
  return relaxed(v0, g, f, t - t0);
}

/** Each line at a time: whether it is on, its level (null: high impedance), and the current into C. */
export function lineStates(inputs, circuit, t, v) {
  const isOn = (j) => inputs[j].t < 1 && inputs[j].t <= t && t <= 1;
  const states = inputs.map(({ w }, j) => {
    const level = isOn(j) ? circuit.vSyn : circuit.off;
    const flows = circuit.vSyn === Infinity && isOn(j) ? w : 0;
    return { on: isOn(j), level: level === null ? null : Math.sign(w) * level, current: flows };
  });
  if (circuit.vSyn === Infinity) return states;
  for (const line of linesAt(inputs, circuit, isOn)) {
    states[line.j].current = current(line, v, circuit.reverse);
  }
  return states;
}

// --- A network ------------------------------------------------------------------------------------

/**
 * Output spike times of every layer, of a network whose last row of weights is the bias line, which
 * spikes at 0. A layer is {weights, scales, nOut}: whole numbers (n_in + 1, n_out), row by row, and
 * what one of them is worth in each column. Who knows the order of the input lines, the bias line
 * among them, saves most of the time.
 */
export function networkSpikes(times, layers, beta, order = null) {
  const [plus, minus] = pair(beta);
  return layers.map(({ weights, scales, nOut }, l) => {
    const lines = [...times, 0];
    const [v, g, f] = [0, 1, 2].map(() => new Float64Array(nOut));
    let now = 0;
    const relax = (end) => {
      const D = end - now;
      if (D > 0) for (let i = 0; i < nOut; i += 1) v[i] = relaxed(v[i], g[i], f[i], D);
      now = end;
    };
    for (const j of (l === 0 && order) || inOrder(lines)) {
      relax(lines[j]);
      for (let i = 0, at = j * nOut; i < nOut; i += 1, at += 1) {
        const w = weights[at] * scales[i];
        g[i] += w;
        f[i] += w > 0 ? plus * w : -minus * w;
      }
    }
    relax(1);
    times = Array.from(v, spikeTime);
    return times;
  });
}

/** Number of the output that spikes first; -1 if none does, or two are first. */
export function firstSpike(times) {
  const least = Math.min(...times);
  const first = times.indexOf(least);
  return least < 1 && times.lastIndexOf(least) === first ? first : -1;
}
