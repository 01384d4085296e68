// What the components of Suture share: names of fields, words of errors, looks of a status.

const SHOWN = [
  'Suture_Status__c',
  'Suture_Reason__c',
  'Suture_Web_Link__c',
  'Last_Batch_Sync_Id__c',
  'Niko_Patient_Id__c',
];
const SHOWN_OF = {
  Contact: ['Hint_Patient_Id__c', 'Synced_to_Hint__c', 'Last_Hint_Sync__c'],
  Account: [],
};

// Looks of lightning-badge by status; words that Suture may add later look neutral.
const THEMES = {
  Synced: 'slds-theme_success',
  Failed: 'slds-theme_error',
  Conflict: 'slds-theme_warning',
};

export function fieldsOf(objectApiName) {
  return [...SHOWN, ...(SHOWN_OF[objectApiName] ?? [])].map((field) => `${objectApiName}.${field}`);
}

// The value of a field, or undefined where the record lacks it or the user may not see it.
export function valueOf(record, field) {
  return record?.fields?.[field]?.value ?? undefined;
}

export function themeOf(status) {
  return THEMES[status] ?? 'slds-theme_default';
}

// Only addresses that a browser opens as a page: a link comes from data.
export function safeLink(text) {
  return /^https:\/\//.test(text ?? '') ? text : undefined;
}

export function wordsOf(error) {
  const bodies = Array.isArray(error?.body) ? error.body : [error?.body];
  const words = bodies.map((body) => body?.message).filter(Boolean);
  return words.join(' ') || error?.message || 'Something went wrong. Try again, then tell your administrator.';
}
