import { createElement } from 'lwc';
import { CloseActionScreenEventName } from 'lightning/actions';
import SutureUnlinkAction from 'c/sutureUnlinkAction';

describe('c-suture-unlink-action', () => {
  it('asks for unlink of its record and closes when that is done', () => {
    const element = createElement('c-suture-unlink-action', { is: SutureUnlinkAction });
    element.recordId = '003000000000001AAA';
    document.body.appendChild(element);
    const closed = jest.fn();
    element.addEventListener(CloseActionScreenEventName, closed);
    const confirm = element.shadowRoot.querySelector('c-suture-confirm');
    expect(confirm.action).toBe('unlink');
    expect(confirm.recordId).toBe('003000000000001AAA');
    confirm.dispatchEvent(new CustomEvent('done'));
    expect(closed).toHaveBeenCalledTimes(1);
  });
});
