// Help: what has to be taken out, where and in which order; what Suture can see of it is ticked as it happens.
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true, patients: 4 });

check('the uninstall list ticks itself where Suture can see it', async ({ page, open }) => {
  await open('/help');
  const step = (name) => page.getByRole('listitem').filter({ hasText: name });
  await step('Let what is under way finish').getByText('Done').waitFor();
  await step('Pause every sync').getByText('Not yet').waitFor();
  await step('uninstall the package').getByText('By hand').waitFor();
  await page.getByText(/Contacts that were made in Salesforce stay there/).waitFor();
  await passesAll(page, 'help');
  await open('/');
  await page.getByRole('button', { name: 'Pause' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await page.goBack();
  await step('Pause every sync').getByText('Done').waitFor();
});
