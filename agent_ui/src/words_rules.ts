// The words about rules: list, editor, history, results and "Why?".

/** What became of a rule that fell due, or why it did not fall due; by the server's cause. */
const causes: Record<string, string> = {
  fires: 'offered',
  control: 'held out, to compare',
  outranked: 'another rule comes first',
  disabled: 'switched off',
  'no-csa': 'no CSA is free',
  'no-room': 'the CSAs have no room for more',
  'chat-open': 'a chat is open',
  'cobrowse-open': 'a page is being shared',
  payment: 'at payment',
  checkout: 'at checkout',
  dismissed: 'an offer was declined in this visit',
  'offer-open': 'an offer is on show',
  offered: 'already offered in this visit',
  again: 'this rule rests after its last offer',
  cooldown: 'too soon after the last offer',
  cap: 'offered often enough of late',
  missed: 'the moment has passed',
  when: 'the conditions do not hold',
  after: 'not everything has happened yet',
  idle: 'waiting for the shopper to pause',
  hold: 'waiting whether it stays so',
  fault: 'a condition could not be worked out',
};

/** The causes that hold a rule back whose time has come. */
const LIMITS = new Set(
  'no-csa no-room chat-open cobrowse-open payment checkout dismissed offer-open offered again cooldown cap'.split(
    ' ',
  ),
);

export const isLimit = (cause: string) => LIMITS.has(cause);

const people = (n: number) => (n === 1 ? '1 person' : `${n} people`);

export const rulesEn = {
  rules: 'Rules',
  toVisitors: 'Visitors',
  newRule: 'New rule',
  search: 'Search rules',
  loading: 'Reading the rules …',
  failed: 'The rules could not be read.',
  none: 'There are no rules yet. The first one takes ten minutes.',
  nothingFound: 'No rule matches that.',
  pick: 'Choose a rule',
  pickHint:
    'A rule says who is offered a chat, when, and in which words. Its results and its text appear here.',
  gone: 'There is no such rule any more.',
  on: 'On',
  off: 'Off',
  enabled: (title: string) => `${title} is on`,
  offInText: 'Its own text says enabled: false',
  onlySupervisors: 'Only a supervisor or an admin changes rules.',
  recent: (shown: number, accepted: number, days: number) =>
    shown === 0
      ? `no offer in ${days} days`
      : `${shown} ${shown === 1 ? 'offer' : 'offers'}, ${accepted} accepted in ${days} days`,
  edited: 'edited here',
  faults: (n: number) => (n === 1 ? '1 fault' : `${n} faults`),
  faultsTitle: 'Faults while running',
  faultLine: (message: string, n: number) => `${message} (${n} ×)`,
  badFiles: (n: number) =>
    n === 1
      ? 'One mistake in the rule files. The rules from before go on running.'
      : `${n} mistakes in the rule files. The rules from before go on running.`,
  tabs: { results: 'Results', text: 'Text', versions: 'History' },
  priority: (n: number) => `priority ${n}`,

  period: 'Period',
  version: 'Version',
  allVersions: 'All versions',
  versionSince: (version: string, day: string) => `${version}, since ${day}`,
  days: (n: number) => `${n} days`,
  resultsFailed: 'The results could not be read.',
  noResults: 'Nothing to measure yet: nobody has met this rule in these days.',
  conclusion: {
    'no-holdout': 'Nobody is held out, so there is nothing to compare with.',
    'too-early': 'Too early to tell.',
    more: 'It sells.',
    fewer: 'It costs sales.',
    'no-difference': 'It makes no difference to who buys.',
  },
  addHoldout: 'Write “holdout: 10 %” in the rule: then one person in ten is not offered it.',
  needed: (n: number) => `${people(n)} more in the smaller group and there is something to say.`,
  more: (low: string, high: string) => `${low} to ${high} more of 100 people bought when offered.`,
  fewer: (low: string, high: string) =>
    `${low} to ${high} fewer of 100 people bought when offered.`,
  between: (fewer: string, more: string) =>
    `So far anything from ${fewer} fewer to ${more} more buyers in 100 is possible.`,
  slight: 'Less than 1 buyer in 100 either way.',
  upliftTitle: 'Buyers in 100, offered less held out',
  upliftText: (value: string, low: string, high: string, level: string) =>
    `${value}, between ${low} and ${high} with ${level} confidence`,
  compared: 'Offered and held out',
  group: 'Group',
  armShown: 'Offered',
  armControl: 'Held out',
  people: 'People',
  buyers: 'Bought',
  orders: 'Orders',
  revenue: 'Revenue',
  perPerson: 'A person',
  revenueUplift: (value: string, low: string, high: string) =>
    `Revenue a person, offered less held out: ${value} (${low} to ${high}).`,
  offersTitle: 'Offers',
  shown: 'shown',
  accepted: 'accepted',
  declined: 'declined',
  unanswered: 'not answered',
  withdrawn: 'withdrawn',
  open: 'on show now',
  chats: 'chats taken by a CSA',
  heldBackTitle: 'Held back by limits',
  heldBackNone: 'Never in these days.',
  variantsTitle: 'Wordings',
  variant: 'Wording',
  method: (hours: string, level: string) =>
    `Orders count for ${hours} after the moment, in both groups. ${level} interval: Newcombe’s hybrid score for buyers, Welch’s for revenue.`,
  hours: (n: number) => (n === 1 ? '1 hour' : `${n} hours`),
  site: 'Shop',

  text: 'The rule’s text',
  newHint: 'A new rule: change what is written here, check it, and save.',
  checking: 'Checking …',
  good: 'No mistakes.',
  checkFailed: 'The text could not be checked. It is kept here.',
  mistakes: (n: number) => (n === 1 ? '1 mistake' : `${n} mistakes`),
  warnings: (n: number) => (n === 1 ? '1 warning' : `${n} warnings`),
  at: (line: number, column: number) => `Line ${line}, column ${column}`,
  save: 'Save and run',
  saving: 'Saving …',
  saved: (title: string) => `Saved. ${title} runs with this text now, on every server.`,
  undoEdit: 'Undo my changes',
  unsaved: 'Not saved yet',
  taken: (id: string) => `There is a rule ${id} already. Choose another id.`,
  stale:
    'Somebody else has changed this rule meanwhile. Your text is kept here; compare and save again.',
  useTheirs: 'Show the rule as it is now',
  fileChanged: 'The file has been changed since this edit. The edit still applies.',
  restore: 'Back to the file',
  remove: 'Delete the rule',
  removeSure: 'Delete it? Its results are kept.',
  restoreSure: 'Drop the edit made here and run what the file says?',
  yes: 'Yes',
  no: 'No',
  removed: 'The rule is deleted.',
  restored: 'The rule runs with its file’s text again.',

  versionsFailed: 'The history could not be read.',
  noVersions: 'No change is on record yet.',
  kinds: {
    file: 'The file changed',
    edit: 'Edited',
    restore: 'Back to the file',
    delete: 'Deleted',
    on: 'Switched on',
    off: 'Switched off',
  },
  by: (name: string) => `by ${name}`,
  showChange: 'What changed',
  firstText: 'The first text on record.',
  sameText: 'The text stayed the same.',
  bringBack: 'Take into the editor',
  added: 'added',
  dropped: 'removed',

  why: 'Why?',
  whyFailed: 'Could not be asked just now.',
  whyGone: 'Not in the shop now. What was decided before stands below.',
  wouldOffer: (clock: string) => `would offer in ${clock}`,
  wouldHoldOut: (clock: string) => `falls due in ${clock}, held out to compare`,
  aboutTo: 'about to offer',
  heldOut: 'held out, to compare',
  causes,
  cause: (cause: string) => causes[cause] ?? cause,
  /** How a rule stands; the server's reason names the facts, in English. */
  stands: (cause: string, reason: string) =>
    isLimit(cause) ? `held back: ${reason}` : cause === 'when' ? `no: ${reason}` : reason,
  moreRules: (n: number) => (n === 1 ? '1 more rule' : `${n} more rules`),
  fewerRules: 'Fewer rules',
  past: 'Decided before',
  noPast: 'No rule has fallen due for this visitor.',
  earlier: 'Earlier decisions',
  holds: 'holds',
  holdsNot: 'does not hold',
  holdsUnknown: 'could not be worked out',
  wording: (arm: string) => `wording ${arm}`,
  versionIs: (version: string) => `version ${version}`,
  openRule: 'Open the rule',
};

export type RuleWords = typeof rulesEn;
