"use strict";
// Draws the seconds of one scenario and reads the figures of one of them out.
(() => {
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const byId = (id) => document.getElementById("explorer-" + id);
  const [view, chooser, charts, readout, table] =
    ["view", "scenario", "charts", "readout", "table"].map(byId);
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 960, HEIGHT = 170, LEFT = 64, RIGHT = 12, TOP = 26, BOTTOM = 22;
  const PANELS = [
    { title: "requests/s", series: [["completed", "a"], ["failed", "b"]] },
    { title: "response (ms)", series: [["median", "a"], ["p95", "b"], ["max", "c"]] },
    { title: "CPU (% of the machine)", series: [["server", "a"], ["generator", "b"]] },
    { title: "server memory (MB)", series: [["memory", "a"]] },
  ];
  let scenario, second = 0, cursors = [];

  const make = (parent, name, attributes, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };
  const figure = (value) =>
    value === null ? "none" : Number(value.toPrecision(3)).toLocaleString("en");
  const across = (index) =>
    LEFT + ((index + 0.5) / scenario.seconds) * (WIDTH - LEFT - RIGHT);
  const ceiling = (value) => {
    const step = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].map((factor) => factor * step).find((round) => round >= value);
  };

  const panel = ({ title, series }) => {
    const known = series.filter(([name]) => scenario.series[name]);
    if (!known.length) return;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("aria-hidden", "true");
    charts.append(svg);
    const values = known.flatMap(([name]) => scenario.series[name]).filter((v) => v !== null);
    const top = ceiling(Math.max(...values, 0.001));
    const down = (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
    for (const share of [0, 0.5, 1]) {
      const y = down(share * top);
      make(svg, "line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y });
      make(svg, "text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, figure(share * top));
    }
    make(svg, "text", { x: 0, y: 14 }, title);
    known.forEach(([name, tone], index) => {
      make(svg, "text", { class: tone, x: 220 + index * 110, y: 14 }, name);
      let path = "", pen = "M";
      scenario.series[name].forEach((value, at) => {
        if (value === null) { pen = "M"; return; }
        path += `${pen}${across(at).toFixed(1)} ${down(value).toFixed(1)}`;
        // A second with its neighbours missing is still a dot.
        if (pen === "M") path += "h0.1";
        pen = "L";
      });
      make(svg, "path", { class: tone, d: path });
    });
    make(svg, "text", { x: LEFT, y: HEIGHT - 5 }, "0 s");
    make(svg, "text", { x: WIDTH - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, `${scenario.seconds} s`);
    cursors.push(make(svg, "line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM }));
  };

  const read = (at) => {
    second = Math.max(0, Math.min(scenario.seconds - 1, at));
    for (const cursor of cursors) {
      cursor.setAttribute("x1", across(second));
      cursor.setAttribute("x2", across(second));
    }
    const known = Object.entries(scenario.series).filter(([, values]) => values[second] !== null);
    const text = `Second ${second}: ` + known
      .map(([name, values]) => `${scenario.labels[name]} ${figure(values[second])}`)
      .join(", ");
    readout.textContent = text;
    charts.setAttribute("aria-valuenow", second);
    charts.setAttribute("aria-valuetext", text);
  };

  const fill = () => {
    table.replaceChildren();
    const names = Object.keys(scenario.series);
    const head = table.createTHead().insertRow();
    for (const text of ["second", ...names.map((name) => scenario.labels[name])]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = text;
      head.append(cell);
    }
    const body = table.createTBody();
    for (let at = 0; at < scenario.seconds; at += 1) {
      const row = body.insertRow();
      row.insertCell().textContent = at;
      for (const name of names) row.insertCell().textContent = figure(scenario.series[name][at]);
    }
  };

  const show = (index) => {
    scenario = data[index];
    charts.replaceChildren();
    cursors = [];
    PANELS.forEach(panel);
    charts.setAttribute("aria-valuemax", scenario.seconds - 1);
    fill();
    read(0);
  };

  data.forEach((entry, index) => chooser.add(new Option(entry.title, index)));
  chooser.addEventListener("change", () => show(Number(chooser.value)));
  charts.addEventListener("pointermove", (event) => {
    const box = charts.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    read(Math.floor(((x - LEFT) / (WIDTH - LEFT - RIGHT)) * scenario.seconds));
  });
  charts.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    const to = { Home: 0, End: scenario.seconds - 1 }[event.key] ?? second + (steps[event.key] ?? NaN);
    if (Number.isNaN(to)) return;
    event.preventDefault();
    read(to);
  });
  view.hidden = false;
  show(0);
})();
