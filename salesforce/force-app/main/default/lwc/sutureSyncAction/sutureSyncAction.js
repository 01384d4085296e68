// The button "Sync to EMR" of a contact or account.
import { LightningElement, api } from 'lwc';
import { CloseActionScreenEvent } from 'lightning/actions';

export default class SutureSyncAction extends LightningElement {
  @api recordId;

  close() {
    this.dispatchEvent(new CloseActionScreenEvent());
  }
}
