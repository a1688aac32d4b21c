// The page of `translate attention`, first part: what there is to see, what is chosen of it, and how weights
// become colours. A weight at [row, column] says how much the step `row` looks at the token `column`.
"use strict";
const byId = (id) => document.getElementById(id);
window.onerror = (message) => {
  byId("problem").textContent = `The page could not be drawn: ${message}`;
  byId("problem").hidden = false;
  document.documentElement.dataset.problem = message;
};

const data = JSON.parse(byId("data").textContent);
const onlyOne = (view) => view.layers.length === 1 && view.layers[0].heads === 1;
const roles = {
  cross: {
    title: onlyOne(data.views[0]) ? "Attention" : "Cross-attention",
    about: "To write a token of the translation, the decoder looks at the source.",
    rows: data.written, columns: data.source, rowTokens: data.targetTokens, columnTokens: data.sourceTokens,
    doing: "Writing", looks: "looks at", seenBy: "is looked at by",
  },
  encoder: {
    title: "Encoder self-attention",
    about: "To make sense of a token of the source, the encoder looks at all of the source.",
    rows: data.source, columns: data.source, rowTokens: data.sourceTokens, columnTokens: data.sourceTokens,
    doing: "Reading", looks: "looks at", seenBy: "is looked at by",
  },
  decoder: {
    title: "Decoder self-attention",
    about: "To write a token of the translation, the decoder looks back at what it has written before.",
    rows: data.written, columns: data.history, rowTokens: data.targetTokens, columnTokens: data.targetTokens,
    doing: "Writing", looks: "looks at", seenBy: "is looked at by",
  },
  erasure: {
    title: "Without a word",
    about: "How much of its probability a token of the translation loses when one of the source is left out. " +
      "What the model looks at it need not need, and what it needs it may have seen elsewhere.",
    rows: data.written, columns: data.source, rowTokens: data.targetTokens, columnTokens: data.sourceTokens,
    doing: "Writing", looks: "needs", seenBy: "is needed by",
  },
};

// What is chosen. A layer or a head of -1 is the mean of all; `axis` says whether `index` is a row, whose
// weights shade the columns' tokens, or a column.
const state = { view: 0, layer: -1, head: -1, axis: "row", index: 0, cell: null, fit: false };
const view = () => data.views[state.view];
const role = () => roles[view().role];
const single = () => onlyOne(view());

// --- Weights ---

/** Three bytes a weight, heads x rows x columns, the high byte first. */
function decoded(layer) {
  const bytes = atob(layer.weights);
  const weights = new Float32Array(bytes.length / 3);
  for (let i = 0; i < weights.length; ++i) {
    const [high, middle, low] = [0, 1, 2].map((place) => bytes.charCodeAt(3 * i + place));
    weights[i] = ((high << 16) | (middle << 8) | low) / 0xffffff;
  }
  return weights;
}

function mean(matrices) {
  const sum = new Float32Array(matrices[0].length);
  for (const matrix of matrices) for (let i = 0; i < sum.length; ++i) sum[i] += matrix[i] / matrices.length;
  return sum;
}

/** The weights of one head of the view, rows x columns; each is made once. */
function weightsOf(layer, head) {
  const made = (view().made ??= new Map());
  const key = `${layer} ${head}`;
  if (!made.has(key)) made.set(key, madeWeights(layer, head));
  return made.get(key);
}

function madeWeights(layer, head) {
  const { layers } = view();
  if (layer < 0) return mean(layers.map((_, i) => weightsOf(i, -1)));
  const stored = layers[layer];
  if (head < 0) return mean(Array.from({ length: stored.heads }, (_, i) => weightsOf(layer, i)));
  stored.decoded ??= decoded(stored);
  const size = role().rows.length * role().columns.length;
  return stored.decoded.subarray(head * size, (head + 1) * size);
}

const chosen = () => weightsOf(state.layer, state.head);
const weightAt = (row, column) => chosen()[row * role().columns.length + column];
const largest = (weights) => weights.reduce((a, b) => Math.max(a, b), 0);
const bounded = (value, least, most) => Math.min(Math.max(value, least), most);
const percent = (weight) => `${(100 * weight).toFixed(1)}\u2009%`;

// --- Colours ---

const dark = matchMedia("(prefers-color-scheme: dark)");
const scales = {
  light: [[255, 255, 255], [192, 213, 238], [116, 161, 213], [46, 101, 173], [12, 37, 92]],
  dark: [[27, 28, 34], [97, 53, 90], [168, 68, 82], [228, 131, 68], [255, 228, 150]],
};

/** The colour of a share from 0 to 1, and one for text upon it. */
function mixed(stops, share) {
  const at = share * (stops.length - 1);
  const below = Math.min(Math.floor(at), stops.length - 2);
  const rgb = stops[below].map((from, i) => Math.round(from + (stops[below + 1][i] - from) * (at - below)));
  const bright = 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2] > 135;
  return { pixel: [...rgb, 255], fill: `rgb(${rgb.join(" ")})`, text: bright ? "#1d1c1a" : "#f4f2ee" };
}

const table = (stops) => Array.from({ length: 256 }, (_, i) => mixed(stops, i / 255));
const tables = { light: table(scales.light), dark: table(scales.dark) };
const colour = (share) => tables[dark.matches ? "dark" : "light"][Math.round(255 * bounded(share, 0, 1))];

/** What a weight is multiplied by to have its share of the colours. */
const strength = (weights) => (state.fit ? 1 / (largest(weights) || 1) : 1);

/** One pixel a weight. */
function paint(canvas, weights, columns) {
  canvas.width = columns;
  canvas.height = weights.length / columns;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const factor = strength(weights);
  weights.forEach((weight, i) => image.data.set(colour(weight * factor).pixel, 4 * i));
  context.putImageData(image, 0, 0);
}

// --- Tokens ---

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** "▁" stands for the space before a piece of a word, or is the space where tokens are characters. */
function readable(token, kind) {
  const { text } = token;
  if (token.kind === "mark" || kind === "words" || !text.startsWith("▁")) return [text];
  if (text === "▁") return [element("span", "space", "␣")];
  return kind === "characters" ? [text.slice(1)] : [element("span", "space", "▁"), text.slice(1)];
}

/** The same as text alone. */
function plain(token, kind) {
  const last = readable(token, kind).at(-1);
  return last.textContent ?? last;
}

const beginsWord = (token) => token.kind === "mark" || token.text.startsWith("▁");
