// Draws every element with data-intervals: a value and its interval for each group, from the JSON it names.
(() => {
  "use strict";
  const font = getComputedStyle(document.body).fontFamily;
  const colour = (grade) => (grade ? getComputedStyle(document.documentElement).getPropertyValue(`--${grade.toLowerCase()}`).trim() : "#12395b");
  const narrow = () => window.innerWidth < 600;

  function option(data) {
    const told = (value) => (data.percent ? `${(value * 100).toFixed(1)}%` : value.toFixed(3));
    const known = data.groups.filter((g) => g.value !== null);
    const cut = (text) => { const most = narrow() ? 8 : 22; return text.length > most ? `${text.slice(0, most)}…` : text; };
    const end = Math.max(...known.map((g) => g.high ?? g.value), 0);
    return {
      grid: { left: 8, right: narrow() ? 54 : 84, top: 8, bottom: 4, containLabel: true },
      tooltip: { trigger: "item", confine: true, formatter: (p) => { const g = p.data.group; return g ? `${g.label}<br>${told(g.value)}${g.low === null ? "" : ` (${told(g.low)} – ${told(g.high)})`}<br>${g.parts}` : ""; } },
      xAxis: { type: "value", min: 0, max: data.percent ? Math.min(1, Math.ceil(end * 10 + 0.4) / 10) : undefined, splitNumber: narrow() ? 3 : 5,
        axisLabel: { color: "#4a5866", fontFamily: font, fontSize: 12, hideOverlap: true, formatter: (v) => (data.percent ? `${Math.round(v * 100)}%` : v) }, splitLine: { lineStyle: { color: "#eef1f4" } } },
      yAxis: { type: "category", inverse: true, data: known.map((g) => g.label), axisTick: { show: false }, axisLine: { lineStyle: { color: "#dce2e8" } },
        axisLabel: { color: "#4a5866", fontFamily: font, fontSize: 13, formatter: cut } },
      series: [
        ...known.filter((g) => g.low !== null).map((g) => ({ type: "line", silent: true, symbol: "rect", symbolSize: [2, 14], showAllSymbol: true,
          lineStyle: { color: colour(g.grade), width: 2, opacity: 0.55 }, itemStyle: { color: colour(g.grade) }, data: [[g.low, g.label], [g.high, g.label]] })),
        { type: "scatter", symbolSize: 13, z: 4, data: known.map((g) => ({ value: [g.value, g.label], group: g, itemStyle: { color: colour(g.grade), opacity: 1 } })) },
        { type: "scatter", symbolSize: 0, silent: true, data: known.map((g) => ({ value: [g.high ?? g.value, g.label], group: g })),
          label: { show: true, position: "right", distance: 8, color: "#17212b", fontFamily: font, fontWeight: 700, formatter: (p) => told(p.data.group.value) } },
      ],
    };
  }

  document.querySelectorAll("[data-intervals]").forEach((element) => {
    const data = JSON.parse(document.getElementById(element.dataset.intervals).textContent);
    const chart = echarts.init(element, null, { renderer: "svg", height: 64 + 46 * Math.max(1, data.groups.filter((g) => g.value !== null).length) });
    // Still from the first moment: a picture or a print must not catch a mark on its way.
    const paint = () => { chart.resize(); chart.setOption({ animation: false, ...option(data) }, true); };
    paint();
    element.dataset.drawn = "yes";
    window.addEventListener("resize", paint);
    window.addEventListener("beforeprint", paint);
  });
})();
