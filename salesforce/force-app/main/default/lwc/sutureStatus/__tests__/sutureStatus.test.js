import { createElement } from 'lwc';
import { getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import act from '@salesforce/apex/SutureController.act';
import SutureStatus from 'c/sutureStatus';

jest.mock('@salesforce/apex/SutureController.act', () => ({ default: jest.fn() }), { virtual: true });

const ID = '003000000000001AAA';
const settle = async () => {
  for (let i = 0; i < 5; i++) {
    await Promise.resolve();
  }
};
const record = (values) => ({
  fields: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
});

function show() {
  const element = createElement('c-suture-status', { is: SutureStatus });
  element.recordId = ID;
  element.objectApiName = 'Contact';
  document.body.appendChild(element);
  return { element, at: (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`) };
}

describe('c-suture-status', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    document.body.replaceChildren();
    jest.clearAllMocks();
    jest.useRealTimers();
  });

  it('shows status, reason, patient and link', async () => {
    const { at } = show();
    getRecord.emit(
      record({
        Suture_Status__c: 'Failed',
        Suture_Reason__c: 'The state is unknown.',
        Suture_Web_Link__c: 'https://suture.example.org/r/1',
        Hint_Patient_Id__c: 'pat-1',
        Last_Hint_Sync__c: '2026-11-21T10:00:00.000Z',
      }),
    );
    await settle();
    expect(at('status').label).toBe('Failed');
    expect(at('status').className).toBe('slds-theme_error');
    expect(at('reason').textContent).toBe('The state is unknown.');
    expect(at('patient').textContent).toContain('pat-1');
    expect(at('link').href).toBe('https://suture.example.org/r/1');
    expect(at('last-sync')).not.toBeNull();
  });

  it('says "Not linked" of a record that Suture never saw, and offers no unlink', async () => {
    const { at } = show();
    getRecord.emit(record({ Suture_Status__c: null }));
    await settle();
    expect(at('status').label).toBe('Not linked');
    expect(at('unlink')).toBeNull();
    expect(at('link')).toBeNull();
  });

  it('sends sync, then looks at the record again', async () => {
    act.mockResolvedValue('Suture has it.');
    const { element, at } = show();
    const toast = jest.fn();
    element.addEventListener('lightning__showtoast', toast);
    getRecord.emit(record({}));
    await settle();
    at('sync').click();
    await settle();
    expect(act).toHaveBeenCalledWith({ recordId: ID, action: 'sync', emrId: null });
    expect(toast).toHaveBeenCalledTimes(1);
    jest.runAllTimers();
    expect(notifyRecordUpdateAvailable).toHaveBeenCalledWith([{ recordId: ID }]);
  });

  it('asks before it unlinks', async () => {
    act.mockResolvedValue('Suture has it.');
    const { at } = show();
    getRecord.emit(record({ Hint_Patient_Id__c: 'pat-1' }));
    await settle();
    at('unlink').click();
    await settle();
    expect(act).not.toHaveBeenCalled();
    at('keep').click();
    await settle();
    expect(at('really-unlink')).toBeNull();
    at('unlink').click();
    await settle();
    at('really-unlink').click();
    await settle();
    expect(act).toHaveBeenCalledWith({ recordId: ID, action: 'unlink', emrId: null });
  });

  it('says why something failed', async () => {
    act.mockRejectedValue({ body: { message: 'Suture could not be reached.' } });
    const { element, at } = show();
    getRecord.emit(record({}));
    await settle();
    at('sync').click();
    await settle();
    expect(element.shadowRoot.querySelector('[role="alert"]').textContent).toBe('Suture could not be reached.');
    expect(at('sync').disabled).toBe(false);
  });
});
