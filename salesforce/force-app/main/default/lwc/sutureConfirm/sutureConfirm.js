// Asks once more, sends, and says what came of it. Fires "done" when nothing is left to do here.
import { LightningElement, api } from 'lwc';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import act from '@salesforce/apex/SutureController.act';
import { wordsOf } from 'c/sutureWords';

export default class SutureConfirm extends LightningElement {
  @api recordId;
  @api action;
  @api question;
  @api label;
  @api variant = 'brand';
  busy = false;
  problem;

  async handleGo() {
    this.busy = true;
    this.problem = undefined;
    try {
      const message = await act({ recordId: this.recordId, action: this.action, emrId: null });
      this.dispatchEvent(new ShowToastEvent({ title: this.label, message, variant: 'success' }));
      this.finish();
    } catch (error) {
      this.problem = wordsOf(error);
    } finally {
      this.busy = false;
    }
  }

  finish() {
    this.dispatchEvent(new CustomEvent('done'));
  }
}
