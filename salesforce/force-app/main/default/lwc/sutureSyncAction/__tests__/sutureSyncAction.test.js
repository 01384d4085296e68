import { createElement } from 'lwc';
import { CloseActionScreenEventName } from 'lightning/actions';
import SutureSyncAction from 'c/sutureSyncAction';

describe('c-suture-sync-action', () => {
  it('asks for sync of its record and closes when that is done', () => {
    const element = createElement('c-suture-sync-action', { is: SutureSyncAction });
    element.recordId = '003000000000001AAA';
    document.body.appendChild(element);
    const closed = jest.fn();
    element.addEventListener(CloseActionScreenEventName, closed);
    const confirm = element.shadowRoot.querySelector('c-suture-confirm');
    expect(confirm.action).toBe('sync');
    expect(confirm.recordId).toBe('003000000000001AAA');
    confirm.dispatchEvent(new CustomEvent('done'));
    expect(closed).toHaveBeenCalledTimes(1);
  });
});
