import { byId, setHidden, setText } from './dom.js';

/**
 * Pause and resume: always behind a question, always with a token: the page's own, or one that the person types.
 * @typedef {import('../view/view.ts').DashboardState} DashboardState
 * @typedef {import('../../inputs/control-command.ts').ControlCommand} ControlCommand
 */

const QUESTIONS = {
  pause: {
    title: 'Pause trading?',
    text: 'No new trade is started until someone resumes. Trades already under way still end. The feed, the search and this page go on.',
    go: 'Pause',
  },
  resume: {
    title: 'Resume trading?',
    text: 'Approved opportunities are traded again from the next update on.',
    go: 'Resume',
  },
};

/** The page's own token, `secret` where a person has to know one, `nobody` where controls are off. */
const ACCESS = document.querySelector('meta[name="control-token"]')?.getAttribute('content') ?? '';
const OFF = 'Controls are off: other machines reach this page and no server.controlToken is set';

export function createControls() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('confirm'));
  const reason = /** @type {HTMLInputElement} */ (byId('confirm-reason'));
  const go = /** @type {HTMLButtonElement} */ (byId('confirm-go'));
  const pause = /** @type {HTMLButtonElement} */ (byId('pause'));
  const resume = /** @type {HTMLButtonElement} */ (byId('resume'));
  const token = /** @type {HTMLInputElement} */ (byId('confirm-token'));
  setHidden(byId('confirm-secret'), ACCESS !== 'secret');
  if (ACCESS === 'nobody') for (const button of [pause, resume]) button.title = OFF;
  /** @type {ControlCommand} */
  let asked = 'pause';

  /** @param {ControlCommand} command */
  function ask(command) {
    asked = command;
    const { title, text, go: label } = QUESTIONS[command];
    setText(byId('confirm-title'), title);
    setText(byId('confirm-text'), text);
    setText(byId('confirm-problem'), '');
    setText(go, label);
    reason.value = '';
    go.disabled = false;
    dialog.showModal();
    byId('confirm-cancel').focus();
  }

  async function confirmed() {
    go.disabled = true;
    const { ok, message } = await sendCommand(
      asked,
      reason.value.trim(),
      ACCESS === 'secret' ? token.value.trim() : ACCESS,
    );
    if (ok) {
      dialog.close();
      return;
    }
    setText(byId('confirm-problem'), message);
    go.disabled = false;
  }

  pause.addEventListener('click', () => ask('pause'));
  resume.addEventListener('click', () => ask('resume'));
  byId('confirm-cancel').addEventListener('click', () => dialog.close());
  byId('confirm-form').addEventListener('submit', (event) => {
    event.preventDefault();
    confirmed();
  });
  // The button that opened the dialog may be gone when it closes; the focus then goes to the one in its place.
  dialog.addEventListener('close', () => (pause.hidden ? resume : pause).focus());

  return {
    /**
     * @param {DashboardState['status']} status
     * @param {boolean} connected
     */
    show(status, connected) {
      const stopped = status === 'paused' || status === 'halted';
      setHidden(pause, stopped);
      setHidden(resume, !stopped);
      const able = connected && status !== 'draining' && ACCESS !== 'nobody';
      pause.disabled = !able;
      resume.disabled = !able;
    },
  };
}

/**
 * @param {ControlCommand} command
 * @param {string} reason
 * @param {string} token
 * @returns {Promise<import('../../inputs/control-command.ts').ControlResult>}
 */
async function sendCommand(command, reason, token) {
  try {
    const response = await fetch('/api/control', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-control-token': token },
      body: JSON.stringify(reason === '' ? { command } : { command, reason }),
      signal: AbortSignal.timeout(10_000),
    });
    return await response.json();
  } catch {
    return {
      ok: false,
      message: 'The service did not answer. Nothing may have changed: look at the status.',
    };
  }
}
