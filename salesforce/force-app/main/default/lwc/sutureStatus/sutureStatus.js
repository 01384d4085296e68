// The card "Suture" on a contact or account: where the record stands, why, and the way into Suture.
import { LightningElement, api, wire } from 'lwc';
import { getRecord, notifyRecordUpdateAvailable } from 'lightning/uiRecordApi';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import act from '@salesforce/apex/SutureController.act';
import { fieldsOf, safeLink, themeOf, valueOf, wordsOf } from 'c/sutureWords';

const REFRESH_MS = 4000;

export default class SutureStatus extends LightningElement {
  @api recordId;
  @api objectApiName;
  record;
  problem;
  busy = false;
  asking = false;
  timer;

  @wire(getRecord, { recordId: '$recordId', optionalFields: '$fields' })
  take({ data, error }) {
    this.record = data ?? this.record;
    this.problem = error ? wordsOf(error) : undefined;
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get fields() {
    return this.objectApiName ? fieldsOf(this.objectApiName) : [];
  }

  get status() {
    return valueOf(this.record, 'Suture_Status__c') ?? (this.linked ? 'Synced' : 'Not linked');
  }

  get theme() {
    return themeOf(this.status);
  }

  get reason() {
    return valueOf(this.record, 'Suture_Reason__c');
  }

  get link() {
    return safeLink(valueOf(this.record, 'Suture_Web_Link__c'));
  }

  get lastSync() {
    return valueOf(this.record, 'Last_Hint_Sync__c');
  }

  get patientId() {
    return valueOf(this.record, 'Hint_Patient_Id__c') ?? valueOf(this.record, 'Niko_Patient_Id__c');
  }

  get linked() {
    return Boolean(this.patientId);
  }

  handleSync() {
    return this.send('sync');
  }

  handleUnlink() {
    this.asking = true;
  }

  handleKeep() {
    this.asking = false;
  }

  handleReallyUnlink() {
    this.asking = false;
    return this.send('unlink');
  }

  // Suture writes the outcome on the record a moment later: look again then.
  async send(action) {
    this.busy = true;
    this.problem = undefined;
    try {
      const message = await act({ recordId: this.recordId, action, emrId: null });
      this.dispatchEvent(new ShowToastEvent({ title: 'Suture', message, variant: 'success' }));
      this.timer = setTimeout(() => notifyRecordUpdateAvailable([{ recordId: this.recordId }]), REFRESH_MS);
    } catch (error) {
      this.problem = wordsOf(error);
    } finally {
      this.busy = false;
    }
  }
}
