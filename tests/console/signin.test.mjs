// The door: the first account, signing in and out, too many attempts, invitations; then people and tokens.
import assert from 'node:assert/strict';
import { consoleTests, settled, signIn } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';
import { password } from './lib/world.mjs';

const empty = consoleTests({ patients: 2, people: [] });

const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();
const userMenu = (page) => page.locator('.user-menu');

async function signOut(page) {
  await userMenu(page).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading(page, 'Sign in');
}

async function choosePassword(page, chosen) {
  await page.getByLabel('Password', { exact: false }).first().fill(chosen);
  await page.getByLabel('Password again').fill(chosen);
}

empty('a house without people: the first account, out, and in again', { as: null, mayRefuse: true }, async ({ page, open, world }) => {
  await open('/');
  await heading(page, 'Make the first account');
  await passesAll(page, 'first-account');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByText('Setup code is missing').waitFor();
  await page.getByLabel('Setup code').fill('AAAAA-AAAAA-AAAAA-AAAAA');
  await page.getByLabel('Sign-in name').fill('ann');
  await page.getByLabel('Your name').fill('Ann Lee');
  await choosePassword(page, password);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('alert').getByText('this is not the setup code').waitFor();
  await page.getByLabel('Setup code').fill(world.daemon.setup_code);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await heading(page, 'Overview');
  await signOut(page);
  await passesAll(page, 'sign-in');
  await signIn(page, 'ann', 'not the right password');
  await page.getByRole('alert').getByText('name and password do not fit together').waitFor();
  assert.equal(await page.getByLabel('Password').inputValue(), '');
  await signIn(page, 'ann');
  await heading(page, 'Overview');
  await page.reload();
  await heading(page, 'Overview');
});

empty('somebody is invited, comes, gets another role, and is sent away', { as: null, mayRefuse: true }, async ({ page, open, browser }) => {
  await open('/accounts');
  await signIn(page, 'ann');
  await heading(page, 'Users and keys');
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByLabel('Sign-in name').fill('bea');
  await page.getByLabel('Name', { exact: true }).fill('Bea Moor');
  await page.getByLabel('Operator').check();
  await page.getByRole('button', { name: 'Make the invitation' }).click();
  const link = await page.getByLabel('Invitation link', { exact: true }).textContent();
  assert.match(link, /\/invitation#[\w-]{32}$/);
  await passesAll(page, 'invitation-link');
  await page.getByRole('button', { name: 'I have sent it' }).click();
  await page.getByRole('row', { name: /Bea Moor/ }).getByText('Invited').waitFor();

  const hers = await browser.newContext();
  hers.setDefaultTimeout(60_000);
  const there = await hers.newPage();
  await there.goto(link);
  await heading(there, 'Choose your password');
  assert.ok(!there.url().includes('#'), 'the code leaves the address');
  await passesAll(there, 'invitation');
  await choosePassword(there, 'password1234');
  await there.getByRole('button', { name: 'Set the password and sign in' }).click();
  await there.getByRole('alert').getByText('tried first').waitFor();
  await choosePassword(there, password);
  await there.getByRole('button', { name: 'Set the password and sign in' }).click();
  await heading(there, 'Overview');
  await there.goto(link);
  await heading(there, 'This invitation cannot be used');
  await there.getByRole('button', { name: 'Go to sign-in' }).click();
  await heading(there, 'Overview');

  await page.reload();
  await settled(page);
  await page.getByRole('row', { name: /Bea Moor/ }).getByText('Active').waitFor();
  await passesAll(page, 'accounts');
  await page.getByRole('button', { name: 'Actions for Bea Moor' }).click();
  await page.getByRole('menuitem', { name: 'Change role' }).click();
  await page.getByRole('dialog').getByLabel('Auditor').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /Bea Moor.*Auditor/ }).waitFor();
  await page.getByRole('button', { name: 'Actions for Bea Moor' }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByText('1 open sign-in').waitFor();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByRole('row', { name: /Bea Moor.*Off/ }).waitFor();
  await there.goto(new URL('/you', link).href);
  await heading(there, 'Sign in');
  await hers.close();
});

empty('the last administrator stays one, by keyboard too', { as: null, mayRefuse: true }, async ({ page, open }) => {
  await open('/accounts');
  await signIn(page, 'ann');
  await heading(page, 'Users and keys');
  await page.getByRole('button', { name: 'Actions for Ann Lee' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Change role' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: 'Admin' }).focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('last administrator').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /Ann Lee.*Admin/ }).waitFor();
});

empty('a token is shown once, works, and is revoked', { as: null, mayRefuse: true }, async ({ page, open, world }) => {
  await open('/you');
  await signIn(page, 'ann');
  await heading(page, 'Your account');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByLabel('What it is for').fill('nightly report');
  await passesAll(page, 'new-token');
  await page.getByRole('button', { name: 'Make the token' }).click();
  const token = await page.getByLabel('Token', { exact: true }).textContent();
  const ask = () => fetch(`${world.url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask()).status, 200);
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('row', { name: /nightly report/ }).waitFor();
  await passesAll(page, 'your-account');
  assert.ok(!(await page.content()).includes(token), 'shown once');
  await page.getByRole('button', { name: 'Revoke nightly report' }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No tokens yet').waitFor();
  assert.equal((await ask()).status, 401);
});

empty('the password is changed, and only the new one opens', { as: null, mayRefuse: true }, async ({ page, open }) => {
  const fresh = 'seven kettles at dawn';
  await open('/you');
  await signIn(page, 'ann');
  await heading(page, 'Your account');
  await page.getByLabel('Present password').fill('not this one, surely');
  await page.getByLabel('New password').fill(fresh);
  await page.getByLabel('Password again').fill(fresh);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByRole('alert').getByText('the present password is not right').waitFor();
  await page.getByLabel('Present password').fill(password);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText('The password is changed').waitFor();
  await signOut(page);
  await signIn(page, 'ann', fresh);
  await heading(page, 'Your account');
});

empty('too many attempts: told until when, and the button waits', { as: null, mayRefuse: true }, async ({ page, open }) => {
  await open('/');
  await heading(page, 'Sign in');
  /* Told, and the button waits; or a word that the guess was wrong. Both at one look: on a slow machine the first wait may be over a moment later, and the next is longer. */
  const answered = async () => {
    const found = await page.waitForFunction(() => {
      const button = [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === 'Sign in');
      if (/You can try again at \d+:\d\d:\d\d/.test(document.body.textContent)) return button.getAttribute('aria-disabled') === 'true' && 'waits';
      return [...document.querySelectorAll('[role=alert]')].some((one) => /name and password do not fit together/i.test(one.textContent)) && document.querySelector('input[type=password]').value === '' && 'wrong';
    });
    return found.jsonValue();
  };
  let said = 'wrong';
  for (let attempt = 0; attempt < 12 && said === 'wrong'; attempt += 1) {
    await signIn(page, 'nobody', `a wrong guess, number ${attempt}`);
    said = await answered();
  }
  assert.equal(said, 'waits');
  await passesAll(page, 'locked-out');
});
