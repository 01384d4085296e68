import { fieldsOf, safeLink, themeOf, valueOf, wordsOf } from 'c/sutureWords';

describe('sutureWords', () => {
  it('asks an account only for fields that accounts have', () => {
    expect(fieldsOf('Account')).toContain('Account.Niko_Patient_Id__c');
    expect(fieldsOf('Account').some((field) => field.includes('Hint'))).toBe(false);
    expect(fieldsOf('Contact')).toContain('Contact.Hint_Patient_Id__c');
  });

  it('opens only https addresses', () => {
    expect(safeLink('https://suture.example.org/r/1')).toBe('https://suture.example.org/r/1');
    expect(safeLink('javascript:alert(1)')).toBeUndefined();
    expect(safeLink(undefined)).toBeUndefined();
  });

  it('finds the words of every kind of error', () => {
    expect(wordsOf({ body: { message: 'Not set up.' } })).toBe('Not set up.');
    expect(wordsOf({ body: [{ message: 'One.' }, { message: 'Two.' }] })).toBe('One. Two.');
    expect(wordsOf(new Error('Lost.'))).toBe('Lost.');
    expect(wordsOf(undefined)).toContain('administrator');
  });

  it('is calm about what is missing or new', () => {
    expect(valueOf(undefined, 'X')).toBeUndefined();
    expect(valueOf({ fields: { X: { value: null } } }, 'X')).toBeUndefined();
    expect(themeOf('Something new')).toBe('slds-theme_default');
  });
});
