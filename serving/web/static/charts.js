// Draws every element with data-chart from the JSON in the script element it names. No inline code anywhere.
(() => {
  "use strict";
  const ink = "#4a5866";
  const faint = "#dce2e8";
  const font = getComputedStyle(document.body).fontFamily;
  const colour = (grade) => getComputedStyle(document.documentElement).getPropertyValue(`--${grade.toLowerCase()}`).trim();
  const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)}%`;
  const axisText = { color: ink, fontFamily: font, fontSize: 12 };
  const narrow = () => window.innerWidth < 600;

  function shares(data) {
    return {
      grid: { left: 8, right: 96, top: 8, bottom: 4, containLabel: true },
      tooltip: { trigger: "item", formatter: (p) => `${p.name}<br>${p.data.count.toLocaleString()} · ${percent(p.value)}` },
      xAxis: { type: "value", max: 1, show: false },
      yAxis: { type: "category", inverse: true, data: data.grades.map((g) => `${g.grade} ${g.label}`),
        axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...axisText, fontSize: 14 } },
      series: [{ type: "bar", barWidth: 26, showBackground: true, backgroundStyle: { color: "#eef1f4", borderRadius: 4 },
        label: { show: true, position: "right", color: "#17212b", fontFamily: font, fontWeight: 600,
          formatter: (p) => `${percent(p.value)}  ${p.data.count.toLocaleString()}` },
        data: data.grades.map((g) => ({ value: g.share, count: g.count, itemStyle: { color: colour(g.grade), borderRadius: 4 } })) }],
    };
  }

  function rates(data) {
    const known = data.grades.filter((g) => g.rate !== null);
    const category = (g) => `${g.grade} ${g.label}`;
    return {
      grid: { left: 8, right: 24, top: 30, bottom: 4, containLabel: true },
      tooltip: { trigger: "item", formatter: (p) => `${p.name}<br>${percent(p.data.value)} (${percent(p.data.low)} – ${percent(p.data.high)})<br>n = ${p.data.inspected}` },
      xAxis: { type: "category", data: known.map(category), axisTick: { show: false }, axisLine: { lineStyle: { color: faint } }, axisLabel: { ...axisText, fontSize: 14 } },
      yAxis: { type: "value", min: 0, splitNumber: 4, axisLabel: { ...axisText, formatter: (v) => percent(v, 0) }, splitLine: { lineStyle: { color: "#eef1f4" } } },
      series: [{ type: "bar", barWidth: narrow() ? 34 : 52,
        data: known.map((g) => ({ value: g.rate, low: g.low, high: g.high, inspected: g.inspected, itemStyle: { color: colour(g.grade), opacity: 0.88, borderRadius: [4, 4, 0, 0] } })) },
      ...known.map((g) => ({ type: "line", silent: true, symbol: "rect", symbolSize: [16, 2], symbolKeepAspect: false, showAllSymbol: true, z: 3,
        lineStyle: { color: "#17212b", width: 1.6 }, itemStyle: { color: "#17212b" },
        data: [[category(g), g.low], [category(g), g.high]] })),
      { type: "scatter", symbolSize: 0, silent: true, data: known.map((g) => [category(g), g.high]),
        label: { show: true, position: "top", distance: 6, color: "#17212b", fontFamily: font, fontWeight: 700,
          formatter: (p) => percent(known[p.dataIndex].rate) } }],
    };
  }

  function waterfall(data) {
    const ends = [];
    let level = data.base;
    for (const step of data.steps) { ends.push([level, level + step.points]); level += step.points; }
    const rows = [{ label: data.words.base, from: data.base, to: data.base, total: true },
      ...data.steps.map((s, i) => ({ label: s.label, from: ends[i][0], to: ends[i][1], points: s.points })),
      { label: data.words.score, from: data.score, to: data.score, total: true }];
    const values = rows.flatMap((r) => [r.from, r.to]);
    const low = Math.min(...values), high = Math.max(...values), margin = Math.max(24, (high - low) * 0.16);
    const cut = (text) => { const most = narrow() ? 9 : 18; return text.length > most ? `${text.slice(0, most)}…` : text; };
    const signed = (points) => `${points > 0 ? "+" : "−"}${Math.abs(points)}`;
    const label = { show: true, position: "right", color: "#17212b", fontFamily: font, fontWeight: 600 };
    const step = 50 * Math.ceil((high - low + 2 * margin) / 250);
    const minimum = Math.floor((low - margin) / step) * step, maximum = Math.ceil((high + margin) / step) * step;
    return {
      grid: { left: 8, right: 12, top: 8, bottom: 4, containLabel: true },
      tooltip: { trigger: "item", formatter: (p) => { const r = p.data.row; return r.total ? `${r.label}: ${r.to}` : `${r.label}<br>${signed(r.points)}  (${r.from} → ${r.to})`; } },
      xAxis: { type: "value", min: minimum, max: maximum, interval: step, axisLabel: { ...axisText, hideOverlap: true }, splitLine: { lineStyle: { color: "#eef1f4" } } },
      yAxis: { type: "category", inverse: true, data: rows.map((r) => r.label), axisTick: { show: false }, axisLine: { show: false },
        axisLabel: { ...axisText, formatter: cut } },
      series: [
        { type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent" }, data: rows.map((r) => (r.total ? 0 : Math.min(r.from, r.to))) },
        { type: "bar", stack: "w", barWidth: "62%",
          data: rows.map((r) => (r.total ? { value: null, row: r }
            : { value: Math.abs(r.points), row: r, itemStyle: { color: r.points > 0 ? "#c0392b" : "#2c8a63", borderRadius: 3 } })),
          label: { ...label, formatter: (p) => signed(p.data.row.points) } },
        // A bar from an axis that does not begin at 0 would be cut: base and score are places, not lengths.
        { type: "scatter", symbol: "rect", symbolSize: [4, 24], itemStyle: { color: "#12395b", opacity: 1 },
          data: rows.flatMap((r, i) => (r.total ? [{ value: [r.to, i], row: r }] : [])),
          label: { ...label, formatter: (p) => `${p.data.row.to}` } },
        // The level carried from each row to the next.
        ...rows.slice(1).map((r, i) => ({ type: "line", silent: true, symbol: "none", z: 1,
          lineStyle: { color: "#9aa7b4", width: 1, type: [3, 3] }, data: [[r.total ? r.to : r.from, i], [r.total ? r.to : r.from, i + 1]] })),
      ],
    };
  }

  // Bands are drawn as heights above the lowest quantile; what happened stands along the bottom.
  function life(data) {
    const marks = { registered: "#4a5866", listings: "#b3261e", removed: "#2c8a63", penalties: "#c0392b", inspections: "#2f6ea5" };
    const shapes = { registered: "circle", listings: "rect", removed: "emptyCircle", penalties: "triangle", inspections: "diamond" };
    const values = [...data.bands.flatMap((b) => b.slice(1)), ...data.own.map((o) => o.score)];
    const low = Math.floor((Math.min(...values) - 50) / 50) * 50, high = Math.ceil((Math.max(...values) + 10) / 50) * 50;
    const end = Math.ceil(Math.max(data.bands.at(-1)[0], ...data.own.map((o) => o.age), 1));
    const height = (from, to) => data.bands.map((b) => [b[0], to ? b[to] - b[from] : b[from]]);
    const band = (points, colour) => ({ type: "line", stack: "bands", silent: true, symbol: "none", lineStyle: { width: 0 }, areaStyle: colour ? { color: colour, opacity: 1 } : { opacity: 0 }, data: points });
    return {
      grid: { left: 8, right: 16, top: 26, bottom: 26, containLabel: true },
      tooltip: { trigger: "item", confine: true, formatter: (p) => p.data.told },
      xAxis: { type: "value", min: 0, max: end, name: data.words.age, nameLocation: "middle", nameGap: 26, nameTextStyle: axisText, axisLabel: axisText, splitLine: { show: false }, minInterval: 1 },
      yAxis: { type: "value", min: low, max: high, axisLabel: axisText, splitLine: { lineStyle: { color: "#eef1f4" } } },
      series: [
        band(height(1)), band(height(1, 2), "#e4ecf4"), band(height(2, 4), "#c5d6e6"), band(height(4, 5), "#e4ecf4"),
        { type: "line", silent: true, symbol: "none", lineStyle: { color: "#5b7fa3", width: 1.4 }, data: data.bands.map((b) => [b[0], b[3]]) },
        ...Object.keys(marks).map((kind) => ({ type: "scatter", symbol: shapes[kind], symbolSize: 9, itemStyle: { color: marks[kind], opacity: 0.9 },
          data: data.events.filter((e) => e.kind === kind).map((e) => ({ value: [e.age, low + 14], told: `${e.on}<br>${e.label}` })) })),
        { type: "line", symbol: "circle", symbolSize: 8, lineStyle: { color: "#17212b", width: 2 }, itemStyle: { color: "#17212b" }, z: 5,
          label: { show: true, position: "top", color: "#17212b", fontFamily: font, fontWeight: 700, formatter: (p) => (p.dataIndex === data.own.length - 1 ? `${data.own[p.dataIndex].score}` : "") },
          data: data.own.map((o) => ({ value: [o.age, o.score], told: `${data.words.own} ${o.on}<br>${o.score}` })) },
      ],
    };
  }

  // The best plans of the same hours; a point that is clicked hands its ratios to the form.
  function frontier(data) {
    const told = (p, name) => `${name}<br>${data.words.findings} ${Math.round(p.findings).toLocaleString()} (${Math.round(p.low).toLocaleString()}–${Math.round(p.high).toLocaleString()})<br>± ${p.error.toFixed(3)}<br>${data.words.visits} ${p.visits.toLocaleString()}${p.percents ? `<br>${p.percents.split("/").map((x) => `${Number(x).toPrecision(3) * 1}%`).join(" / ")}` : ""}`;
    const all = [...data.points, data.own, data.even].filter(Boolean);
    const ends = (values, share) => { const low = Math.min(...values), high = Math.max(...values), margin = (high - low || high || 1) * share; return [Math.max(0, low - margin), high + margin]; };
    const [left, right] = ends(all.map((p) => p.error), 0.08), [bottom, top] = ends(all.flatMap((p) => [p.low, p.high]), 0.04);
    const mark = (point, name, symbol, colour, size, position) => ({ type: "scatter", z: 6, symbol, symbolSize: size, itemStyle: { color: colour, borderColor: "#fff", borderWidth: 2, opacity: 1 },
      label: { show: true, position, distance: 8, color: colour, fontFamily: font, fontWeight: 700, fontSize: 13, formatter: name, textBorderColor: "#fff", textBorderWidth: 3 },
      data: point ? [{ value: [point.error, point.findings], told: told(point, name) }] : [] });
    const edge = (key, area) => ({ type: "line", stack: "band", stackStrategy: "all", silent: true, symbol: "none", lineStyle: { width: 0 }, areaStyle: area ? { color: "#dbe7f2", opacity: 0.9 } : { opacity: 0 },
      data: data.points.map((p) => [p.error, area ? p.high - p.low : p[key]]) });
    return {
      grid: { left: 8, right: 20, top: 34, bottom: 30, containLabel: true },
      tooltip: { trigger: "item", confine: true, formatter: (p) => p.data.told },
      xAxis: { type: "value", min: left, max: right, name: data.words.error, nameLocation: "middle", nameGap: 30, nameTextStyle: axisText, splitNumber: narrow() ? 3 : 6,
        axisLabel: { ...axisText, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (v) => v.toFixed(right - left < 0.05 ? 3 : 2) }, splitLine: { show: false } },
      yAxis: { type: "value", min: bottom, max: top, name: data.words.findings, nameLocation: "end", nameTextStyle: { ...axisText, align: "left" }, splitNumber: 4,
        axisLabel: { ...axisText, showMinLabel: false, showMaxLabel: false, formatter: (v) => (top - bottom < 8 ? v.toFixed(1) : Math.round(v).toLocaleString()) }, splitLine: { lineStyle: { color: "#eef1f4" } } },
      series: [edge("low"), edge("", true),
        { type: "line", smooth: false, symbol: "circle", symbolSize: narrow() ? 13 : 11, cursor: "pointer", z: 4, lineStyle: { color: "#12395b", width: 2.5 }, itemStyle: { color: "#fff", borderColor: "#12395b", borderWidth: 2.5 },
          emphasis: { scale: 1.4, itemStyle: { color: "#12395b" } },
          data: data.points.map((p) => ({ value: [p.error, p.findings], told: told(p, data.words.curve), percents: p.percents })) },
        mark(data.even, data.words.even, "diamond", "#6b7885", 15, "right"), mark(data.own, data.words.own, "circle", "#a5271d", 18, "top")],
    };
  }

  const kinds = { shares, rates, waterfall, life, frontier };

  function draw(element) {
    const data = JSON.parse(document.getElementById(element.dataset.from).textContent);
    const chart = echarts.init(element, null, { renderer: "svg" });
    // Still from the first moment: a picture or a print must not catch a bar on its way.
    const paint = () => { chart.resize(); chart.setOption({ animation: false, ...kinds[element.dataset.chart](data) }, true); };
    paint();
    chart.on("click", (p) => { if (p.data && p.data.percents) element.dispatchEvent(new CustomEvent("ratios", { bubbles: true, detail: p.data.percents })); });
    element.dataset.drawn = "yes";
    // A chart whose place another one has taken is left to the collector.
    const again = () => { if (element.isConnected) paint(); else { chart.dispose(); window.removeEventListener("resize", again); window.removeEventListener("beforeprint", again); } };
    window.addEventListener("resize", again);
    window.addEventListener("beforeprint", again);
  }

  document.querySelectorAll("[data-chart]").forEach(draw);
  // Parts of a page that come after it.
  document.addEventListener("htmx:after:swap", () => {
    document.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw);
  });
})();
