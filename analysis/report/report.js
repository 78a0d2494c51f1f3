// Draws charts where Vega is at hand, as they come into view; sorts and searches tables. Nothing
// here is needed to read the report.
'use strict';
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const has_vega = typeof vegaEmbed === 'function';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const drawn = new Map();  // figure -> view
  const figures = [...document.querySelectorAll('figure.chart')];
  const specification = (figure) =>
    JSON.parse(figure.querySelector('script[type="application/json"]').textContent);

  // The look of the page instead of the paper's.
  const look = (figure, config) => {
    const narrow = figure.querySelector('.plot').clientWidth < 480;
    return {
      ...config,
      background: colour('--page'),
      aria: false,
      axis: {
        ...config.axis, gridColor: colour('--grid'), domainColor: colour('--soft'),
        tickColor: colour('--soft'), labelColor: colour('--ink'), titleColor: colour('--soft'),
        labelLimit: narrow ? 120 : 240,
      },
      text: { ...config.text, color: colour('--ink') },
      rule: { ...config.rule, color: colour('--ink') },
      legend: {
        ...config.legend, labelColor: colour('--ink'), columns: narrow ? Math.ceil(config.legend.columns / 2) : config.legend.columns,
        labelLimit: narrow && config.legend.columns > 1 ? 120 : 420,
      },
    };
  };

  const draw = async (figure) => {
    const spec = specification(figure);
    const { config, ...rest } = spec;
    const plot = figure.querySelector('.plot');
    const result = await vegaEmbed(plot, { ...rest, width: 'container' }, {
      actions: false, renderer: 'svg', config: look(figure, config), tooltip: { theme: 'custom' },
    });
    // The plot has a role and a name of its own; its table says the rest.
    plot.querySelector('svg').setAttribute('aria-hidden', 'true');
    drawn.set(figure, result.view);
    return result.view;
  };

  // Always light and of one size, whatever the screen: for a paper.
  const download = async (figure, type) => {
    const compiled = vegaLite.compile(specification(figure)).spec;
    const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
    await view.runAsync();
    const link = document.createElement('a');
    link.href = await view.toImageURL(type, type === 'png' ? 3 : 1);
    link.download = `${figure.id.replace(/^chart-/, '')}.${type}`;
    link.click();
    view.finalize();
    return link.href;
  };

  const add_actions = (figure) => {
    const actions = document.createElement('div');
    actions.className = 'actions';
    const title = figure.querySelector('figcaption strong').textContent;
    for (const type of ['svg', 'png']) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = type.toUpperCase();
      button.setAttribute('aria-label', `Save as ${type.toUpperCase()}: ${title}`);
      button.addEventListener('click', () => download(figure, type));
      actions.append(button);
    }
    figure.querySelector('script').before(actions);
  };

  const start_charts = () => {
    if (!has_vega || figures.length === 0) return;
    for (const details of document.querySelectorAll('details.data')) details.open = false;
    figures.forEach(add_actions);
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        seen.unobserve(entry.target);
        if (!drawn.has(entry.target)) draw(entry.target);
      }
    }, { rootMargin: '400px' });
    figures.forEach((figure) => seen.observe(figure));
    dark.addEventListener('change', () => [...drawn.keys()].forEach(draw));
  };

  const value_of = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };

  // Numbers before text, so that rows without a figure stay together.
  const compare = (a, b) => {
    const numbers = (typeof a === 'number') - (typeof b === 'number');
    if (numbers !== 0) return -numbers;
    return typeof a === 'number' ? a - b : a.localeCompare(b, 'en', { numeric: true });
  };

  const sort = (table, column, header) => {
    const descending = header.getAttribute('aria-sort') === 'ascending';
    for (const other of header.parentElement.cells) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [value_of(row, column), row]);
    rows.sort((a, b) => (descending ? compare(b[0], a[0]) : compare(a[0], b[0])));
    body.append(...rows.map(([, row]) => row));
  };

  const make_sortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener('click', () => sort(table, column, header));
    });
  };

  const make_searchable = (table) => {
    const rows = [...table.tBodies[0].rows];
    let texts = null;
    const bar = document.createElement('div');
    bar.className = 'search';
    const label = document.createElement('label');
    label.textContent = 'Search (all words must occur) ';
    const input = document.createElement('input');
    input.type = 'search';
    label.append(input);
    const count = document.createElement('output');
    const show = () => {
      texts ??= rows.map((row) => row.textContent.toLowerCase());
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        const hit = words.every((word) => texts[i].includes(word));
        row.hidden = !hit;
        shown += hit ? 1 : 0;
      });
      count.textContent = `${shown} of ${rows.length} rows`;
    };
    let waiting;
    input.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(show, 60); });
    count.textContent = `${rows.length} rows`;
    bar.append(label, count);
    table.parentElement.before(bar);
  };

  start_charts();
  for (const table of document.querySelectorAll('table[id]')) {
    if (table.tBodies[0].rows.length > 4) make_sortable(table);
    if ('searched' in table.dataset) make_searchable(table);
  }
  addEventListener('beforeprint', () => figures.forEach((f) => has_vega && !drawn.has(f) && draw(f)));
  // For whoever checks the page: draws everything, gives each chart's Vega view.
  globalThis.motley_report = { draw, download, figures, drawn };
})();
