// The page of `translate attention`, second part: drawing, and choosing.
"use strict";

// --- The sentence, shaded ---

function describe(node, token) {
  if (token.kind !== "known") node.classList.add(token.kind);
  node.title = token.text;
  if (token.kind === "unknown") node.title += ": not in the vocabulary, the model reads <unk>";
  return node;
}

/** A sentence as buttons; the pieces of a word hang together. */
function drawTokens(box, tokens, kind, axis) {
  const pieces = kind === "bpe" || kind === "unigram";
  const words = [];
  tokens.forEach((token, i) => {
    const inWord = pieces && i > 0 && tokens[i - 1].kind !== "mark" && !beginsWord(token);
    if (!inWord) words.push(element("span", "word"));
    const shown = pieces && token.text.length > 1 ? [plain(token, kind)] : readable(token, kind);
    const button = describe(element("button", "", ...shown), token);
    button.tabIndex = -1;  // the slider is for the keyboard
    button.onclick = () => select(axis, i);
    button.onmousemove = (event) => {
      if (state.axis !== axis) tipAt(event, axis === "row" ? [i, state.index] : [state.index, i]);
    };
    button.onmouseleave = () => tipAt(null);
    words.at(-1).append(button);
  });
  box.replaceChildren(...words);
}

/** Scrolls a box, and nothing around it, so that what is at `top` in it is seen. */
function reveal(box, top, height) {
  const most = top + height - box.clientHeight;
  if (box.scrollTop > top) box.scrollTop = top;
  else if (box.scrollTop < most) box.scrollTop = most;
}

/** Shades the tokens of the one side by the weights that the chosen one of the other side has for them. */
function shade() {
  const row = state.axis === "row";
  const factor = strength(chosen());
  byId(row ? "queries" : "keys").querySelectorAll("button").forEach((button, i) => {
    button.classList.toggle("selected", i === state.index);
    if (i === state.index) reveal(button.closest(".tokens"), button.offsetTop, button.offsetHeight);
    Object.assign(button.style, { background: "", color: "" });
  });
  byId(row ? "keys" : "queries").querySelectorAll("button").forEach((button, i) => {
    button.classList.remove("selected");
    const shade = colour(factor * (row ? weightAt(state.index, i) : weightAt(i, state.index)));
    Object.assign(button.style, { background: shade.fill, color: shade.text });
  });
  const { doing, rows } = role();
  byId("query-title").textContent = doing;
  byId("key-title").textContent = role().looks;
  if (row) byId("step").value = state.index + 1;
  byId("step-label").textContent = row ? `Step ${state.index + 1} of ${rows.length}` : `${rows.length} steps`;
  byId("readout").textContent = summary();
}

/** The most of what is shaded, in words. */
function summary() {
  const { rows, columns, rowTokens, columnTokens, doing } = role();
  const row = state.axis === "row";
  const others = row ? columns : rows;
  const name = (token, of) => quoted(plain(token, of ? rowTokens : columnTokens));
  const weights = others.map((_, i) => (row ? weightAt(state.index, i) : weightAt(i, state.index)));
  const order = weights.map((_, i) => i).sort((a, b) => weights[b] - weights[a]);
  const most = order.slice(0, 4).filter((i) => weights[i] >= 0.005);
  const parts = most.map((i) => `${name(others[i], !row)} ${percent(weights[i])}`).join(", ");
  const what = name((row ? rows : columns)[state.index], row);
  return row ? `${doing} ${what}: ${parts || "nothing"}` : `${what} ${role().seenBy} ${parts || "none"}`;
}

// --- Every head ---

function drawHeads() {
  byId("heads").hidden = single();
  byId("grid").replaceChildren();
  if (single()) return;
  const { layers } = view();
  const heads = layers[0].heads;
  const width = heads > 12 ? 40 : heads > 6 ? 52 : 72;
  const shape = role().rows.length / role().columns.length;
  const height = Math.round(width * bounded(shape, 0.5, 1.5));
  const grid = byId("grid");
  grid.style.gridTemplateColumns = `max-content repeat(${heads + 1}, ${width}px)`;
  const picture = (layer, head) => {
    const canvas = element("canvas");
    paint(canvas, weightsOf(layer, head), role().columns.length);
    const button = element("button", "", canvas);
    Object.assign(button.style, { width: `${width}px`, height: `${height}px` });
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", nameOf(layer, head));
    button.title = nameOf(layer, head);
    button.dataset.place = `${layer} ${head}`;
    button.onclick = () => choose(layer, head);
    return button;
  };
  const names = Array.from({ length: heads }, (_, i) => element("span", "", `${i + 1}`));
  grid.replaceChildren(element("span"), element("span", "", "mean"), ...names);
  layers.forEach((_, layer) => {
    grid.append(element("span", "layer", `layer ${layer + 1}`), picture(layer, -1));
    for (let head = 0; head < heads; ++head) grid.append(picture(layer, head));
  });
  grid.append(element("span", "layer", "mean"), picture(-1, -1));
}

function nameOf(layer, head) {
  if (single()) return role().title;
  if (layer < 0) return "Mean of all layers and heads";
  return `Layer ${layer + 1}, ${head < 0 ? "mean of its heads" : `head ${head + 1}`}`;
}

function markHead() {
  for (const button of byId("grid").querySelectorAll("button")) {
    const checked = button.dataset.place === `${state.layer} ${state.head}`;
    button.setAttribute("aria-checked", checked);
    button.tabIndex = checked ? 0 : -1;
  }
}

/** The arrow keys go through the pictures; below the last layer is the mean of all. */
function moveHead(key) {
  const { layers } = view();
  let layer = state.layer < 0 ? layers.length : state.layer;
  let head = state.head;
  if (key === "ArrowLeft") --head;
  else if (key === "ArrowRight") ++head;
  else if (key === "ArrowUp") --layer;
  else if (key === "ArrowDown") ++layer;
  else return false;
  layer = bounded(layer, 0, layers.length);
  head = bounded(head, -1, layers[0].heads - 1);
  if (layer === layers.length) choose(-1, -1);
  else choose(layer, head);
  byId("grid").querySelector("[aria-checked=true]").focus();
  return true;
}

// --- The chosen head ---

let cellSize = 24;

function drawLabels() {
  const { rows, columns, rowTokens, columnTokens } = role();
  const axes = [`${role().doing} ↓`, `${role().looks} →`];
  byId("corner").replaceChildren(...axes.map((text) => element("span", "", text)));
  const label = (kind, axis) => (token, i) => {
    const made = describe(element("div", "", ...readable(token, kind)), token);
    made.onclick = () => select(axis, i);
    return made;
  };
  byId("rows").replaceChildren(...rows.map(label(rowTokens, "row")));
  byId("columns").replaceChildren(...columns.map(label(columnTokens, "column")));
  byId("columns").classList.toggle("flat", columnTokens === "characters");
  byId("pictures").classList.toggle("wide", single() || columns.length > 24);
  // As large as there is room for; below 18 pixels it scrolls instead.
  const room = byId("chosen").clientWidth - byId("rows").offsetWidth - 60;
  cellSize = Math.floor(bounded(room / columns.length, 18, 40));
  byId("matrix").style.setProperty("--cell", `${cellSize}px`);
}

function drawMatrix() {
  const { rows, columns } = role();
  const weights = chosen();
  const canvas = byId("canvas");
  const width = columns.length * cellSize;
  const height = rows.length * cellSize;
  // Browsers bound the size of a canvas.
  const sharpness = Math.min(devicePixelRatio || 1, 8192 / Math.max(width, height));
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const context = canvas.getContext("2d");
  context.scale(sharpness, sharpness);
  context.font = "10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  const factor = strength(weights);
  weights.forEach((weight, i) => {
    const x = (i % columns.length) * cellSize;
    const y = Math.floor(i / columns.length) * cellSize;
    const shade = colour(weight * factor);
    context.fillStyle = shade.fill;
    context.fillRect(x, y, cellSize, cellSize);
    if (cellSize < 26 || weight < 0.01) return;
    context.fillStyle = shade.text;
    context.fillText(Math.round(100 * weight), x + cellSize / 2, y + cellSize / 2);
  });
  byId("chosen-title").textContent = nameOf(state.layer, state.head);
  document.documentElement.dataset.cells = weights.length;
}

function drawLegend() {
  const steps = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  const fit = state.fit;
  state.fit = false;  // the scale itself has all colours
  paint(byId("scale"), steps, 256);
  state.fit = fit;
  byId("most").textContent = fit ? percent(largest(chosen())) : "100\u2009%";
}

/** The chosen row or column, and the cell under the cursor. */
function drawMarks() {
  const { rows, columns } = role();
  const row = state.axis === "row";
  const from = state.index * cellSize;
  const at = `${from}px`;
  Object.assign(byId("band").style, row
    ? { top: at, left: 0, width: `${columns.length * cellSize}px`, height: `${cellSize}px` }
    : { top: 0, left: at, width: `${cellSize}px`, height: `${rows.length * cellSize}px` });
  for (const axis of ["row", "column"]) {
    [...byId(`${axis}s`).children].forEach((label, i) => {
      label.classList.toggle("selected", axis === state.axis && i === state.index);
    });
  }
  if (row) reveal(byId("matrix"), from, cellSize + byId("columns").offsetHeight);
  byId("cursor").hidden = !state.cell;
  if (!state.cell) return;
  const [y, x] = state.cell;
  Object.assign(byId("cursor").style, { top: `${y * cellSize}px`, left: `${x * cellSize}px` });
}

function cellAt(event) {
  const box = byId("canvas").getBoundingClientRect();
  const row = Math.floor((event.clientY - box.top) / cellSize);
  const column = Math.floor((event.clientX - box.left) / cellSize);
  const inside = row >= 0 && column >= 0 && row < role().rows.length && column < role().columns.length;
  return inside ? [row, column] : null;
}

/** In its own direction of writing, whatever stands around it. */
function quoted(token) {
  return `“\u2068${token}\u2069”`;
}

function phrase([row, column]) {
  const { rows, columns, rowTokens, columnTokens, doing } = role();
  const from = plain(rows[row], rowTokens);
  const to = plain(columns[column], columnTokens);
  return `${doing} ${quoted(from)}, it ${role().looks} ${quoted(to)}: ${percent(weightAt(row, column))}`;
}

/** Shows what a cell says beside the pointer; nothing hides it. */
function tipAt(event, cell = null) {
  const tip = byId("tip");
  tip.hidden = !event || !cell;
  if (tip.hidden) return;
  tip.textContent = phrase(cell);
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const below = event.clientY + 18;
  const top = below + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 10 : below;
  Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
}

/** The arrow keys go from cell to cell; Enter chooses the column of the cell. */
function moveCell(key) {
  if (key === "Enter" && state.cell) {
    select("column", state.cell[1]);
    return true;
  }
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  if (!moves[key]) return false;
  if (state.cell) {
    const [row, column] = state.cell.map((place, axis) => place + moves[key][axis]);
    state.cell = [bounded(row, 0, role().rows.length - 1), bounded(column, 0, role().columns.length - 1)];
  } else {
    state.cell = state.axis === "row" ? [state.index, 0] : [0, state.index];
  }
  select("row", state.cell[0]);
  byId("readout").textContent = phrase(state.cell);
  byId("cursor").scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

// --- Choosing ---

/** The choice stands in the address, so that it can be kept and sent. */
function remember() {
  const { layer, head, axis, index } = state;
  history.replaceState(null, "", `#${view().role}.${layer + 1}.${head + 1}.${axis}.${index + 1}`);
}

function recall() {
  const [name, layer, head, axis, index] = location.hash.slice(1).split(".");
  const found = data.views.findIndex((each) => each.role === name);
  if (found >= 0) state.view = found;
  const read = (text, most) => bounded(Math.floor(Number(text)) || 0, 0, most);
  state.layer = read(layer, view().layers.length) - 1;
  state.head = state.layer < 0 ? -1 : read(head, view().layers[0].heads) - 1;
  state.axis = axis === "column" ? "column" : "row";
  state.index = Math.max(read(index, role()[`${state.axis}s`].length) - 1, 0);
  state.cell = null;
}

function select(axis, index) {
  const inRow = state.cell && axis === "row" && state.cell[0] === index;
  Object.assign(state, { axis, index, cell: inRow ? state.cell : null });
  shade();
  drawMarks();
  remember();
}

function drawChosen() {
  drawMatrix();
  drawLegend();
  markHead();
  shade();
  drawMarks();
}

function choose(layer, head) {
  Object.assign(state, { layer, head });
  drawChosen();
  remember();
}

function drawView() {
  const { title, about, rows, columns, rowTokens, columnTokens } = role();
  byId("views").querySelectorAll("input").forEach((input, i) => { input.checked = i === state.view; });
  byId("about").textContent = about;
  byId("step").max = rows.length;
  drawTokens(byId("queries"), rows, rowTokens, "row");
  drawTokens(byId("keys"), columns, columnTokens, "column");
  drawHeads();
  drawLabels();
  drawChosen();
  document.documentElement.dataset.view = title;
  document.documentElement.dataset.pictures = byId("grid").querySelectorAll("canvas").length;
}

function start() {
  byId("views").hidden = data.views.length === 1;
  data.views.forEach((each, i) => {
    const input = Object.assign(element("input"), { type: "radio", name: "view", value: i });
    input.onchange = () => {
      Object.assign(state, { view: i, axis: "row", index: 0, cell: null });
      const { layers } = each;  // another part of the model may have fewer
      if (state.layer >= layers.length || state.head >= layers[0].heads) Object.assign(state, { layer: -1, head: -1 });
      drawView();
      remember();
    };
    byId("views").append(element("label", "", input, element("span", "", roles[each.role].title)));
  });
  byId("step").oninput = () => select("row", byId("step").valueAsNumber - 1);
  byId("fit").onchange = () => {
    state.fit = byId("fit").checked;
    drawHeads();
    drawChosen();
  };
  const keys = (move) => (event) => { if (move(event.key)) event.preventDefault(); };
  byId("grid").onkeydown = keys(moveHead);
  byId("matrix").onkeydown = keys(moveCell);
  byId("cells").onmousemove = (event) => tipAt(event, cellAt(event));
  byId("cells").onmouseleave = () => tipAt(null);
  byId("cells").onclick = (event) => { if (cellAt(event)) select("row", cellAt(event)[0]); };
  dark.onchange = drawView;
  addEventListener("resize", () => { drawLabels(); drawMatrix(); drawMarks(); });
  addEventListener("hashchange", () => { recall(); drawView(); });
  recall();
  drawView();
}

start();
