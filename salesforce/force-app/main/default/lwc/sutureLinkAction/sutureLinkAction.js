// The button "Link to patient" (R11): find the patient while typing, choose, link; or create a new one.
// Where Suture offers no search for the EMR, the person enters the patient's id.
import { LightningElement, api, wire } from 'lwc';
import { CloseActionScreenEvent } from 'lightning/actions';
import { ShowToastEvent } from 'lightning/platformShowToastEvent';
import { getRecord } from 'lightning/uiRecordApi';
import act from '@salesforce/apex/SutureController.act';
import search from '@salesforce/apex/SutureController.search';
import { valueOf, wordsOf } from 'c/sutureWords';

const PAUSE_MS = 300;

export default class SutureLinkAction extends LightningElement {
  @api recordId;
  text = '';
  patients;
  chosen;
  canSearch = true;
  busy = false;
  problem;
  timer;
  asked = 0;

  @wire(getRecord, { recordId: '$recordId', optionalFields: '$nameField' })
  takeName({ data }) {
    const name = valueOf(data, 'Name');
    if (name && !this.text) {
      this.text = name;
      this.find();
    }
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  // Ids of accounts begin with 001 in every org.
  get nameField() {
    return [this.recordId?.startsWith('001') ? 'Account.Name' : 'Contact.Name'];
  }

  get options() {
    return (this.patients ?? []).map(({ id, name, birthDate, linked }) => ({
      label: [name, birthDate, linked ? 'already linked' : undefined].filter(Boolean).join(', '),
      value: id,
    }));
  }

  get foundSome() {
    return this.options.length > 0;
  }

  get foundNone() {
    return this.canSearch && this.patients?.length === 0;
  }

  get cannotLink() {
    return this.busy || !this.chosen;
  }

  handleText(event) {
    this.text = event.detail.value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), PAUSE_MS);
  }

  handleChoice(event) {
    this.chosen = event.detail.value?.trim();
  }

  // An answer that comes after a younger question is dropped.
  async find() {
    const number = ++this.asked;
    this.problem = undefined;
    try {
      const patients = await search({ recordId: this.recordId, text: this.text });
      if (number === this.asked) {
        this.show(patients);
      }
    } catch (error) {
      this.problem = wordsOf(error);
    }
  }

  show(patients) {
    this.canSearch = Array.isArray(patients);
    this.patients = patients ?? undefined;
    if (this.canSearch && !patients.some(({ id }) => id === this.chosen)) {
      this.chosen = undefined;
    }
  }

  handleLink() {
    return this.send('link', this.chosen);
  }

  handleCreate() {
    return this.send('create', null);
  }

  async send(action, emrId) {
    this.busy = true;
    this.problem = undefined;
    try {
      const message = await act({ recordId: this.recordId, action, emrId });
      this.dispatchEvent(new ShowToastEvent({ title: 'Link to patient', message, variant: 'success' }));
      this.close();
    } catch (error) {
      this.problem = wordsOf(error);
    } finally {
      this.busy = false;
    }
  }

  close() {
    this.dispatchEvent(new CloseActionScreenEvent());
  }
}
