// lightning/actions, for jest: the preset has no stand-in of its own.
export const CloseActionScreenEventName = 'lightning__actionsclosescreen';

export class CloseActionScreenEvent extends CustomEvent {
  constructor() {
    super(CloseActionScreenEventName, { bubbles: true, composed: true });
  }
}
