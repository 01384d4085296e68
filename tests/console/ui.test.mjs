// The components, each by its keyboard contract, on the page that holds them all.
import assert from 'node:assert/strict';
import { disabledIsReadable, noAxeFindings, noAxeFindingsInBoth, noSidewaysScroll, noTextCutOff, screenshots } from './lib/checks.mjs';
import { galleryTests } from './lib/gallery.mjs';

const check = galleryTests();
const focusedText = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

check('all components pass axe in light and dark, are readable, and fit 320 px', async ({ page }) => {
  await noAxeFindingsInBoth(page, 'gallery');
  await noTextCutOff(page);
  await disabledIsReadable(page);
  await noSidewaysScroll(page, 320);
  await screenshots(page, 'components');
});

check('text spacing of WCAG 1.4.12 cuts nothing off', async ({ page }) => {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }');
    document.adoptedStyleSheets.push(sheet);
  });
  await noTextCutOff(page);
});

check('Button: what cannot be pressed says why and does nothing', async ({ page }) => {
  const button = page.getByRole('button', { name: 'Not allowed', exact: true });
  await button.dispatchEvent('click');
  await button.focus();
  await page.keyboard.press('Enter');
  assert.match(await page.locator('[data-test=pressed]').textContent(), /Pressed 0/);
  assert.equal(await button.evaluate((element) => document.getElementById(element.getAttribute('aria-describedby')).textContent), 'Only an administrator can do this');
  await page.getByRole('button', { name: 'Primary' }).focus();
  await page.keyboard.press('Enter');
  assert.match(await page.locator('[data-test=pressed]').textContent(), /Pressed 1/);
});

check('Field: an error is told in a summary that links to the field', async ({ page }) => {
  await page.getByRole('button', { name: 'Validate' }).click();
  const summary = page.getByRole('group', { name: '1 problem' });
  await summary.waitFor();
  assert.ok(await summary.evaluate((element) => element === document.activeElement));
  await noAxeFindings(page, 'with errors');
  await summary.getByRole('link').click();
  const name = page.getByLabel('Name', { exact: false }).first();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  assert.ok(await name.evaluate((element) => element === document.activeElement));
});

check('Combobox: typing searches, arrows move, Enter takes, Escape puts back, Alt+Delete clears', async ({ page }) => {
  const box = page.getByRole('combobox', { name: 'Salesforce field', exact: true });
  await box.click();
  assert.equal(await box.getAttribute('aria-expanded'), 'true');
  await page.getByRole('option', { name: /^Field 0 / }).waitFor();
  await noAxeFindings(page, 'combobox open');
  await box.fill('external 42');
  await page.getByRole('option', { name: /Field 42 / }).waitFor();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'Field 42');
  assert.equal(await box.getAttribute('aria-expanded'), 'false');
  await box.fill('nothing like this');
  await page.getByText('Nothing fits').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await box.inputValue(), 'Field 42');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'Field 43');
  await page.keyboard.press('Alt+Delete');
  assert.equal(await box.inputValue(), '');
  await box.fill('Field_3__c');
  await page.keyboard.press('Enter');
  assert.equal(await box.getAttribute('aria-expanded'), 'true', 'a choice that is refused is not taken');
});

check('Combobox: the list stays within the window and goes up where there is no room below', { height: 400 }, async ({ page }) => {
  const box = page.getByRole('combobox', { name: 'Salesforce field', exact: true });
  await box.evaluate((element) => element.scrollIntoView({ block: 'end' }));
  await box.click();
  const list = await page.locator('.choices:popover-open').boundingBox();
  const input = await box.boundingBox();
  assert.ok(list.y >= 0 && list.y + list.height <= 400, JSON.stringify(list));
  assert.ok(list.y + list.height <= input.y + 1, 'above the field');
});

check('Switch, Radios and Checkbox by keyboard', async ({ page }) => {
  const turn = page.getByRole('switch', { name: 'Real-time sync' });
  await turn.focus();
  await page.keyboard.press('Space');
  assert.equal(await turn.getAttribute('aria-checked'), 'true');
  const refused = page.getByRole('switch', { name: 'Not allowed switch' });
  await refused.focus();
  await page.keyboard.press('Space');
  assert.equal(await refused.getAttribute('aria-checked'), 'false');
  await page.getByRole('radio', { name: 'EMR' }).focus();
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.getByRole('radio', { name: 'Salesforce' }).isChecked());
  await page.getByRole('checkbox', { name: 'Not allowed' }).focus();
  await page.keyboard.press('Space');
  assert.ok(!(await page.getByRole('checkbox', { name: 'Not allowed' }).isChecked()));
});

check('Tabs: arrows, Home and End; the choice is in the address', async ({ page }) => {
  await page.getByRole('tab', { name: 'All' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByText('Failed results').waitFor();
  assert.match(page.url(), /\?tab=failed$/);
  await page.keyboard.press('End');
  await page.getByText('Skipped results').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByText('All results').waitFor();
  assert.doesNotMatch(page.url(), /tab=/);
  await page.goto(`${page.url()}?tab=failed`);
  await page.getByText('Failed results').waitFor();
});

check('FilterBar: filters are in the address at once and can be cleared', async ({ page }) => {
  await page.getByRole('combobox', { name: 'State', exact: true }).last().selectOption('failed');
  await page.getByRole('searchbox', { name: 'Batch id' }).fill('b-10');
  await page.waitForURL(/state=failed.*q=b-10/);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.waitForURL((url) => url.search === '');
  await page.waitForFunction(() => document.querySelector('input[aria-label="Batch id"]').value === '');
});

check('Table: j and k, Enter, x, sorting', async ({ page }) => {
  const table = page.getByRole('table', { name: 'Runs' });
  await table.getByRole('row').nth(1).focus();
  assert.match(await focusedText(page), /b-1001/);
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('[data-test=opened]').textContent(), 'Opened b-1002');
  await page.keyboard.press('x');
  await page.getByText('1 run selected').waitFor();
  await table.getByRole('button', { name: 'Created' }).click();
  assert.equal(await table.getByRole('columnheader', { name: 'Created' }).getAttribute('aria-sort'), 'descending');
  assert.match(await table.getByRole('row').nth(1).textContent(), /b-1003/);
  await noAxeFindings(page, 'with a selection');
});

check('Table: below 700 px the rows are cards, and sorting is still there', { width: 375, height: 720 }, async ({ page }) => {
  const sort = page.getByRole('combobox', { name: 'Sort by' });
  await sort.selectOption('created down');
  assert.match(await page.getByRole('table', { name: 'Runs' }).getByRole('row').nth(1).textContent(), /b-1003/);
  await noAxeFindings(page, 'cards');
});

check('VirtualTable: 100,000 rows with under 60 in the page, rows are numbered', async ({ page }) => {
  const box = page.getByRole('region', { name: 'Results', exact: true });
  const rows = box.locator('.virtual-body [role=row]');
  const table = box.getByRole('table');
  assert.equal(await table.getAttribute('aria-rowcount'), '100001');
  for (const share of [0.25, 0.5, 1]) {
    await box.evaluate((element, part) => (element.scrollTop = (element.scrollHeight - element.clientHeight) * part), share);
    await page.waitForFunction(([wanted]) => {
      const first = document.querySelector('.virtual-body [role=row]');
      return Math.abs(Number(first.getAttribute('aria-rowindex')) - wanted) < 60;
    }, [share * 100_000]);
    assert.ok((await rows.count()) < 60, `${await rows.count()} rows`);
  }
  assert.match(await rows.last().textContent(), /NH-199999/);
});

check('Dialog: the focus stays in it, Escape closes it, the focus goes back', async ({ page }) => {
  const opener = page.getByRole('button', { name: 'Open dialog' });
  await opener.click();
  const dialog = page.getByRole('dialog', { name: 'A dialog' });
  await dialog.waitFor();
  await noAxeFindings(page, 'dialog open');
  for (let press = 0; press < 6; press++) await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => !document.activeElement || document.activeElement === document.body || document.activeElement.closest('dialog') !== null));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await focusedText(page), 'Open dialog');
});

check('Drawer: opens from the right and gives the focus back', async ({ page }) => {
  await page.getByRole('button', { name: 'Open drawer' }).click();
  await page.getByRole('dialog', { name: 'A drawer' }).waitFor();
  await noAxeFindings(page, 'drawer open');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  assert.equal(await focusedText(page), 'Open drawer');
});

check('ask: a reason that is needed is asked for, and Enter sends it', async ({ page }) => {
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  const reason = page.getByLabel('Reason');
  await page.getByRole('button', { name: 'Abort Batch' }).click();
  await page.getByText('Say why, so that others can follow it later').waitFor();
  await reason.fill('wrong file');
  await page.keyboard.press('Enter');
  await page.getByText('wrong file').waitFor();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await reason.waitFor();
  await page.keyboard.press('Escape');
  await page.locator('[data-test=said]', { hasText: /^no$/ }).waitFor();
});

check('Menu: arrows, Escape gives the focus back, what cannot be done does nothing', async ({ page }) => {
  const opener = page.getByRole('button', { name: 'More' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menu').waitFor();
  await noAxeFindings(page, 'menu open');
  assert.equal(await focusedText(page), 'Resume');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('[data-test=said]').textContent(), '');
  await page.keyboard.press('Escape');
  assert.ok(await opener.evaluate((element) => element === document.activeElement));
  await page.keyboard.press('Enter');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.getByText('removed').waitFor();
});

check('Toasts: an undo takes back; an error stays until it is closed', async ({ page }) => {
  await page.getByRole('button', { name: 'Say something' }).click();
  await page.getByText('Ten fields mapped by name').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Ten fields mapped by name').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Fail', exact: true }).click();
  await noAxeFindings(page, 'toast');
  await page.getByRole('button', { name: 'Close message' }).click();
  await page.getByText('Email was refused by Salesforce').waitFor({ state: 'detached' });
});

check('JsonView: arrows fold and unfold, the path can be copied, search counts hits', async ({ page }) => {
  const tree = page.getByRole('tree', { name: 'Payload' });
  await tree.getByRole('treeitem').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const name = tree.getByRole('treeitem', { name: /^name:/ });
  assert.equal(await name.getAttribute('aria-expanded'), 'true');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await name.getAttribute('aria-expanded'), 'false');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('button', { name: 'Copy path' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'name.first');
  await page.getByRole('searchbox', { name: 'Search in Payload' }).fill('mobile');
  await page.getByText('1 hit').waitFor();
});

check('FileDrop: a file that does not fit is told why', async ({ page }) => {
  const input = page.locator('input[type=file]');
  await input.setInputFiles({ name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('x') });
  await page.getByText('A file that ends with .csv is needed here').waitFor();
  await input.setInputFiles({ name: 'report.csv', mimeType: 'text/csv', buffer: Buffer.alloc(2000) });
  await page.getByText(/at most 1000 B are taken/).waitFor();
  await input.setInputFiles({ name: 'report.csv', mimeType: 'text/csv', buffer: Buffer.from('Id\n1\n') });
  await page.getByText('report.csv').waitFor();
  await page.getByRole('button', { name: 'Remove the file' }).click();
  await page.getByText('Drop a file here, or').waitFor();
});

check('SchedulePicker: choices become the rule', async ({ page }) => {
  const rule = page.getByText(/^Rule:/);
  assert.equal(await rule.textContent(), 'Rule: weekdays at 02:00, UTC');
  await page.getByRole('combobox', { name: 'Runs' }).selectOption('weekly');
  await page.getByRole('checkbox', { name: 'Thursday' }).check();
  await page.getByLabel(/^At/).fill('22:15');
  await page.getByRole('combobox', { name: 'Time zone' }).selectOption('America/Chicago');
  await page.getByText('Rule: monday and thursday at 22:15, America/Chicago').waitFor();
  await page.getByRole('combobox', { name: 'Runs' }).selectOption('own');
  assert.equal(await page.getByLabel(/^Rule/).inputValue(), 'monday and thursday at 22:15');
});

check('Chart: its numbers are a table behind a button', async ({ page }) => {
  assert.match(await page.getByRole('img', { name: /^Rows moved\. To Salesforce: [\d,]+ in all, most at / }).getAttribute('aria-label'), /Failed: 240 in all/);
  await page.getByRole('button', { name: 'Show numbers' }).first().click();
  assert.equal(await page.getByRole('table', { name: 'Rows moved, numbers' }).getByRole('row').count(), 25);
  await noAxeFindings(page, 'chart as a table');
});

check('LogView: pausing holds the list, following shows what came', async ({ page }) => {
  const log = page.getByRole('log', { name: 'Log' });
  assert.ok(await log.evaluate((element) => element.scrollTop > 0), 'follows the end');
  await page.getByRole('button', { name: 'Pause updates' }).click();
  await page.getByText('0 new lines').waitFor();
  await page.getByRole('button', { name: 'Follow' }).click();
});

check('Diff: what is the same is folded away', async ({ page }) => {
  const table = page.getByRole('table', { name: 'What would change' });
  assert.equal(await table.getByRole('row').count(), 3);
  await page.getByRole('button', { name: 'Show 1 field that is the same' }).click();
  assert.equal(await table.getByRole('row').count(), 4);
});

check('CopyCurl: the call behind a screen, quoted, without a token', async ({ page, url }) => {
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(text, `curl -X POST -H 'Authorization: Bearer <token>' -H 'Content-Type: application/json' -d '{"note":"it'\\''s"}' '${url}/api/v1/runs'`);
});

check('Reveal: a viewer may not, and is told why', async ({ page }) => {
  const reveal = page.getByRole('button', { name: 'Reveal values' });
  assert.equal(await reveal.getAttribute('aria-disabled'), 'true');
  await page.getByText('hidden', { exact: true }).waitFor({ state: 'attached' });
});
