// The button "Unlink patient" of a contact or account.
import { LightningElement, api } from 'lwc';
import { CloseActionScreenEvent } from 'lightning/actions';

export default class SutureUnlinkAction extends LightningElement {
  @api recordId;

  close() {
    this.dispatchEvent(new CloseActionScreenEvent());
  }
}
