import { createElement } from 'lwc';
import act from '@salesforce/apex/SutureController.act';
import SutureConfirm from 'c/sutureConfirm';

jest.mock('@salesforce/apex/SutureController.act', () => ({ default: jest.fn() }), { virtual: true });

const settle = async () => {
  for (let i = 0; i < 5; i++) {
    await Promise.resolve();
  }
};

function show() {
  const element = createElement('c-suture-confirm', { is: SutureConfirm });
  Object.assign(element, { recordId: '003000000000001AAA', action: 'sync', label: 'Sync to EMR', question: 'Sure?' });
  document.body.appendChild(element);
  const done = jest.fn();
  element.addEventListener('done', done);
  return { element, done, at: (id) => element.shadowRoot.querySelector(`[data-id="${id}"]`) };
}

describe('c-suture-confirm', () => {
  afterEach(() => {
    document.body.replaceChildren();
    jest.resetAllMocks();
  });

  it('sends and is done', async () => {
    act.mockResolvedValue('Suture has it.');
    const { at, done } = show();
    at('go').click();
    await settle();
    expect(act).toHaveBeenCalledWith({ recordId: '003000000000001AAA', action: 'sync', emrId: null });
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('sends nothing when cancelled', () => {
    const { at, done } = show();
    at('cancel').click();
    expect(act).not.toHaveBeenCalled();
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('stays and says why when it fails', async () => {
    act.mockRejectedValue({ body: { message: 'Suture is busy.' } });
    const { element, at, done } = show();
    at('go').click();
    await settle();
    expect(element.shadowRoot.querySelector('[role="alert"]').textContent).toBe('Suture is busy.');
    expect(at('go').disabled).toBe(false);
    expect(done).not.toHaveBeenCalled();
  });
});
