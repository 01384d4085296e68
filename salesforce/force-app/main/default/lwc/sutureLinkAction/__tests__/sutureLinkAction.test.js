import { createElement } from 'lwc';
import { getRecord } from 'lightning/uiRecordApi';
import { CloseActionScreenEventName } from 'lightning/actions';
import act from '@salesforce/apex/SutureController.act';
import search from '@salesforce/apex/SutureController.search';
import SutureLinkAction from 'c/sutureLinkAction';

jest.mock('@salesforce/apex/SutureController.act', () => ({ default: jest.fn() }), { virtual: true });
jest.mock('@salesforce/apex/SutureController.search', () => ({ default: jest.fn() }), { virtual: true });

const ID = '003000000000001AAA';
const PATIENTS = [
  { id: 'pat-1', name: 'Ann Example', birthDate: '1980-01-02', linked: false },
  { id: 'pat-2', name: 'Anna Example', linked: true },
];
const settle = async () => {
  for (let i = 0; i < 8; i++) {
    await Promise.resolve();
  }
};

async function show() {
  const element = createElement('c-suture-link-action', { is: SutureLinkAction });
  element.recordId = ID;
  document.body.appendChild(element);
  const closed = jest.fn();
  element.addEventListener(CloseActionScreenEventName, closed);
  getRecord.emit({ fields: { Name: { value: 'Ann Example' } } });
  await settle();
  return { element, closed, at: (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`) };
}

const change = (target, value) => target.dispatchEvent(new CustomEvent('change', { detail: { value } }));

describe('c-suture-link-action', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    search.mockResolvedValue(PATIENTS);
    act.mockResolvedValue('Suture has it.');
  });
  afterEach(() => {
    document.body.replaceChildren();
    jest.resetAllMocks();
    jest.useRealTimers();
  });

  it("searches for the record's name at once and lists who was found", async () => {
    const { at } = await show();
    expect(search).toHaveBeenCalledWith({ recordId: ID, text: 'Ann Example' });
    expect(at('patients').options).toEqual([
      { label: 'Ann Example, 1980-01-02', value: 'pat-1' },
      { label: 'Anna Example, already linked', value: 'pat-2' },
    ]);
    expect(at('link').disabled).toBe(true);
  });

  it('searches again only when the person stops typing', async () => {
    const { at } = await show();
    change(at('text'), 'Bo');
    change(at('text'), 'Bob');
    jest.runAllTimers();
    await settle();
    expect(search).toHaveBeenCalledTimes(2);
    expect(search).toHaveBeenLastCalledWith({ recordId: ID, text: 'Bob' });
  });

  it('drops an answer that a younger question has overtaken', async () => {
    const { at } = await show();
    let late;
    search.mockReturnValueOnce(new Promise((resolve) => (late = resolve)));
    change(at('text'), 'A');
    jest.runAllTimers();
    search.mockResolvedValueOnce([PATIENTS[1]]);
    change(at('text'), 'Anna');
    jest.runAllTimers();
    await settle();
    late(PATIENTS);
    await settle();
    expect(at('patients').options).toHaveLength(1);
  });

  it('links the chosen patient and closes', async () => {
    const { at, closed } = await show();
    change(at('patients'), 'pat-1');
    await settle();
    at('link').click();
    await settle();
    expect(act).toHaveBeenCalledWith({ recordId: ID, action: 'link', emrId: 'pat-1' });
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('creates a patient when nobody fits', async () => {
    search.mockResolvedValue([]);
    const { at } = await show();
    expect(at('none')).not.toBeNull();
    at('create').click();
    await settle();
    expect(act).toHaveBeenCalledWith({ recordId: ID, action: 'create', emrId: null });
  });

  it('takes an id where there is no search', async () => {
    search.mockResolvedValue(null);
    const { at } = await show();
    expect(at('text')).toBeNull();
    change(at('emr-id'), ' pat-9 ');
    await settle();
    at('link').click();
    await settle();
    expect(act).toHaveBeenCalledWith({ recordId: ID, action: 'link', emrId: 'pat-9' });
  });

  it('stays open and says why when it fails', async () => {
    act.mockRejectedValue({ body: { message: 'You may not edit this record.' } });
    const { element, at, closed } = await show();
    at('create').click();
    await settle();
    expect(element.shadowRoot.querySelector('[role="alert"]').textContent).toBe('You may not edit this record.');
    expect(closed).not.toHaveBeenCalled();
  });
});
