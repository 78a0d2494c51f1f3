// Does a report do in a browser what it promises? node report.mjs CHROMIUM EXAMPLE MANY HOSTILE:
// folders of reports with every section, with 5,000 measurements, with names that are markup. --shots FOLDER keeps pictures;
// --seconds N fails where the large one takes longer to open: not on a machine that does other work.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv.splice(at, 2)[1];
};
const shots = option('--shots');
const most_seconds = option('--seconds');
const [executable, example, many, hostile] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const page_of = (folder) => `file://${folder}/report.html`;

// An empty user folder, and nothing that would reach for a network.
const open = (options) =>
  chromium.launchPersistentContext('', {
    executablePath: executable,
    headless: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...options,
  });

const problems = [];
const watched = async (context) => {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) problems.push(`asks for ${request.url()}`);
  });
  return page;
};

const draw_all = (page) =>
  page.evaluate(async () => {
    for (const figure of motley_report.figures) {
      if (!motley_report.drawn.has(figure)) await motley_report.draw(figure);
    }
  });

// Marks of Vega's scene by the name of the layer, and the first row as the table and as the view
// have it.
const look_at_charts = (page) =>
  page.evaluate(() =>
    motley_report.figures.map((figure) => {
      const view = motley_report.drawn.get(figure);
      const marks = {};
      const visit = (item) => {
        if (item.marktype && item.name && item.marktype !== 'group') {
          marks[item.name] = (marks[item.name] ?? 0) + item.items.length;
        }
        for (const child of item.items ?? []) visit(child);
      };
      visit(view.scenegraph().root);
      const layers = figure.dataset.rows.split(' ').map((rows, i) => {
        const table = figure.querySelectorAll('table')[i];
        const cells = [...table.tBodies[0].rows[0].cells];
        const datum = view.data(`rows_${i}`)[0];
        const values = cells.filter((c) => c.dataset.value !== undefined)
          .map((c) => Number(c.dataset.value));
        return {
          promised: Number(rows), rows: table.tBodies[0].rows.length,
          marks: marks[`rows_${i}_marks`], values, datum: Object.values(datum),
        };
      });
      return { id: figure.id, layers, svg: figure.querySelectorAll('svg').length };
    }));

const check_charts = async (page) => {
  await draw_all(page);
  const charts = await look_at_charts(page);
  assert.ok(charts.length > 0, 'no chart');
  for (const chart of charts) {
    assert.equal(chart.svg, 1, `${chart.id} is drawn once`);
    chart.layers.forEach((layer, i) => {
      const where = `${chart.id}, layer ${i}`;
      assert.equal(layer.rows, layer.promised, `${where}: rows of its table`);
      assert.equal(layer.marks, layer.promised, `${where}: marks`);
      assert.ok(layer.values.length > 0, `${where}: no value in its first row`);
      for (const value of layer.values) {
        assert.ok(layer.datum.includes(value), `${where}: ${value} is not in the view`);
      }
    });
  }
  return charts.length;
};

const check_accessibility = async (page, surroundings) => {
  await page.evaluate(axe);
  // Surroundings change colours and nothing else.
  const rules = surroundings === 'light' ? {} : { runOnly: ['color-contrast'] };
  const { violations } = await page.evaluate((r) => globalThis.axe.run(document, r), rules);
  const grave = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  assert.deepEqual(
    grave.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].failureSummary}`), [],
    `axe, ${surroundings}`);
};

const check_width = async (page, width) => {
  await page.setViewportSize({ width, height: 900 });
  await page.waitForTimeout(150);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `${width} px: the page is ${wide} px wide`);
};

const check_table_controls = async (page) => {
  const column = '#table-measurements tbody tr:not([hidden])';
  const all = await page.locator(column).count();
  await page.fill('.search input', 'bandwidth/read opencl');
  await page.waitForFunction(([rows, before]) => document.querySelectorAll(rows).length < before,
                             [column, all]);
  assert.ok((await page.locator(column).count()) > 0, 'search finds nothing');
  await page.fill('.search input', '');
  await page.waitForFunction(([rows, before]) => document.querySelectorAll(rows).length === before,
                             [column, all]);
  const figures = () =>
    page.$$eval('#table-measurements tbody tr',
                (rows) => rows.map((r) => r.cells[2].dataset.value).filter(Boolean).map(Number));
  const header = page.locator('#table-measurements thead th').nth(2).locator('button');
  await header.focus();
  await page.keyboard.press('Enter');
  let values = await figures();
  assert.ok(values.every((v, i) => i === 0 || values[i - 1] <= v), 'sorting up');
  await page.keyboard.press('Enter');
  values = await figures();
  assert.ok(values.every((v, i) => i === 0 || values[i - 1] >= v), 'sorting down');
};

const check_export = async (page) => {
  for (const type of ['svg', 'png']) {
    const waiting = page.waitForEvent('download');
    const button = page.locator('figure.chart .actions button', { hasText: type.toUpperCase() });
    await button.first().click();
    const bytes = readFileSync(await (await waiting).path());
    const expected = type === 'svg' ? '<svg' : '\x89PNG';
    assert.ok(bytes.toString('latin1').includes(expected), `${type} is none`);
  }
};

const time = async (what, action) => {
  const began = performance.now();
  const result = await action();
  console.log(`${what}: ${Math.round(performance.now() - began)} ms${result ? `, ${result}` : ''}`);
};

const shoot = async (page, name) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
};

for (const scheme of ['light', 'dark']) {
  const context = await open({ colorScheme: scheme, viewport: { width: 1400, height: 900 } });
  const page = await watched(context);
  await time(`${scheme}, opened`, async () => void (await page.goto(page_of(example))));
  await time(`${scheme}, charts`, async () => `${await check_charts(page)} charts`);
  await time(`${scheme}, axe`, () => check_accessibility(page, scheme));
  await shoot(page, `${scheme}-1400`);
  for (const width of [390, 1400]) await time(`${scheme}, ${width} px`, () => check_width(page, width));
  if (scheme === 'light') {
    await time('search, sort', () => check_table_controls(page));
    await time('export', () => check_export(page));
  }
  if (shots) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(page_of(example));
    await draw_all(page);
    await shoot(page, `${scheme}-390`);
  }
  await context.close();
}

{
  const context = await open({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const page = await watched(context);
  await page.goto(page_of(example));
  const tables = page.locator('table tbody');
  const count = await tables.count();
  assert.ok(count > 10, `${count} tables without JavaScript`);
  for (let i = 0; i < count; ++i) {
    assert.ok(await tables.nth(i).isVisible(), `table ${i} is hidden without JavaScript`);
  }
  assert.ok(await page.locator('noscript p.warning').isVisible(), 'nothing says why charts are missing');
  console.log(`without JavaScript: ${count} tables`);
  await context.close();
}

if (many) {
  const context = await open({ viewport: { width: 1400, height: 900 } });
  const page = await watched(context);
  const began = performance.now();
  await page.goto(page_of(many));
  // Until the page has drawn what is in view and answers.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const took = performance.now() - began;
  const rows = await page.locator('#table-measurements tbody tr').count();
  assert.ok(rows >= 5000, `${rows} measurements`);
  console.log(`${rows} measurements: open after ${Math.round(took)} ms`);
  if (most_seconds) assert.ok(took < 1000 * most_seconds, `${Math.round(took)} ms to open`);
  await context.close();
}

if (hostile) {
  const context = await open({ viewport: { width: 1400, height: 900 } });
  const page = await watched(context);
  page.on('dialog', (dialog) => {
    problems.push(`a name was run: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(page_of(hostile));
  console.log(`hostile names: ${await check_charts(page)} charts`);
  assert.ok((await page.locator('h1').textContent()).includes('<script>alert(1)'));
  await context.close();
}

assert.deepEqual(problems, []);
