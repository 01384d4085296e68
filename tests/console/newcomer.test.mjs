// Somebody new, an empty folder, no manual: from the setup code to the practice's patients as contacts, led by the set-up list alone.
import assert from 'node:assert/strict';
import { states } from '../../demo/systems.mjs';
import { eventually } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';
import { password } from './lib/world.mjs';

const check = consoleTests({ bare: true, people: [], patients: 15 });

const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();
const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Back to the overview, whose list says how far we are; then the one button that leads on. */
async function next(page, { done, link }) {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Overview' }).click();
  await heading(page, 'Overview');
  await page.getByText(new RegExp(`${done} of 8 done`)).waitFor();
  const step = page.getByRole('region', { name: 'Set-up' }).locator('[aria-current=step]');
  await step.getByRole('link', { name: link, exact: true }).click();
}

async function moveIn(page, world) {
  await page.getByLabel('Setup code').fill(world.daemon.setup_code);
  await page.getByLabel('Sign-in name').fill('nora');
  await page.getByLabel('Your name').fill('Nora New');
  await page.getByLabel('Password', { exact: false }).first().fill(password);
  await page.getByLabel('Password again').fill(password);
  await button(page, 'Make the account').click();
  await heading(page, 'Overview');
}

async function connectSalesforce(page, { salesforce }) {
  await page.getByRole('button', { name: 'Salesforce' }).click();
  await page.getByLabel('Login URL').fill(salesforce);
  await page.getByLabel('Client ID').fill('suture-client');
  await page.getByLabel('Client secret').fill('suture-secret');
  await button(page, 'Save and go on').click();
  await button(page, 'Sign in to Salesforce').click();
  await page.getByText(/org 00D\w+, user 005\w+/).waitFor();
}

async function connectHint(page, { hint }) {
  await page.getByRole('button', { name: 'Hint Health' }).click();
  await page.getByText('More settings').click();
  await page.getByLabel('URL', { exact: true }).fill(`${hint}/api`);
  await page.getByLabel('Partner key').fill('hint-partner-key');
  await button(page, 'Save and go on').click();
  await page.getByRole('textbox', { name: 'Authorisation code' }).fill('hint-first-code');
  await button(page, 'Connect').click();
  await page.getByText('Connected to Hint Health').waitFor();
}

async function integrate(page) {
  await page.getByLabel('Default Account').fill('Hint Patients');
  await button(page, 'Integrate these two').click();
  await page.getByRole('heading', { name: 'No object is synced yet' }).waitFor();
}

/** Chooses in a combobox as a person does: types, and takes the first that fits. */
async function take(page, name, text) {
  const box = page.getByRole('combobox', { name, exact: true });
  await box.fill(text);
  await page.locator('.choices [role=option]').first().waitFor();
  await box.press('Enter');
}

/** The ready mapping, looked at and saved. */
async function mapAndSave(page) {
  await take(page, 'Hint Health object', 'patient');
  await take(page, 'Salesforce object', 'Contact');
  await page.getByRole('radio', { name: /hint-contact/ }).check();
  await button(page, 'Proceed').click();
  await page.getByRole('table', { name: 'Field mapping' }).waitFor();
  await button(page, 'Preview Mapped Data').click();
  await button(page, 'Preview a sample record').click();
  await page.getByRole('table', { name: 'What would be written' }).waitFor();
  await button(page, 'Continue to validation').click();
  await button(page, 'Continue to save').click();
  await page.getByRole('textbox', { name: 'Reason' }).fill('the first sync');
  await button(page, 'Save mapping').click();
  await page.getByText('was saved as version 1').waitFor();
}

check('the whole first run, led by the set-up list', { as: null, mayRefuse: true }, async ({ page, open, world }) => {
  const before = await states(world.systems);
  await open('/');
  await heading(page, 'Make the first account');
  await moveIn(page, world);
  await passesAll(page, 'newcomer-begin');
  await next(page, { done: 1, link: 'Connect Salesforce' });
  await connectSalesforce(page, world.systems);
  await next(page, { done: 2, link: 'Connect the EMR' });
  await connectHint(page, world.systems);
  await next(page, { done: 3, link: 'Choose the two' });
  await integrate(page);
  await next(page, { done: 4, link: 'New Data Sync' });
  await mapAndSave(page);
  // Salesforce's stream may be listened to already: then real time is on.
  await next(page, { done: '[67]', link: 'Sync records' });
  await heading(page, 'Sync Records');
  await button(page, 'Sync Data').click();
  await page.locator('.pill', { hasText: 'Completed' }).first().waitFor();
  await eventually(async () => {
    const { contacts, patients } = await states(world.systems);
    return contacts.length > before.contacts.length && patients.filter(({ id }) => contacts.some((contact) => contact.Hint_Patient_Id__c === id)).length > patients.length / 2;
  }, 'the patients are contacts');
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('table', { name: 'Object syncs' }).getByText('Healthy').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Sync records', exact: true }).count(), 1, 'the set-up asks for no import any more');
  await passesAll(page, 'newcomer-end');
  assert.ok(!page.url().includes('?'));
});
