// The words of the launcher; the panel brings its own.

const cornerEn = {
  open: 'Open chat',
  close: 'Close chat',
  unread: (n: number) => (n === 1 ? '1 new message' : `${n} new messages`),
};

const cornerDe: typeof cornerEn = {
  open: 'Chat öffnen',
  close: 'Chat schließen',
  unread: (n) => (n === 1 ? '1 neue Nachricht' : `${n} neue Nachrichten`),
};

/** The words of the launcher in the locale's language, English where we do not speak it. */
export const corner = (locale: string) => (/^de(?![a-z])/i.test(locale) ? cornerDe : cornerEn);
