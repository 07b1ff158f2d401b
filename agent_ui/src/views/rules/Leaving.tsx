// Taking back what was written here: the file's text again, or, without a file, no rule. Asked twice.

import { useSignal } from '@preact/signals';
import { ApiError } from '../../api';
import type { Rule } from '../../rules_api';
import { useDesk } from '../../state';

export function Leaving({ rule }: { rule: Rule }) {
  const { words, rules, notice, refusal, showRules } = useDesk();
  const asking = useSignal(false);
  if (!rule.edited) return null;

  const leave = async () => {
    asking.value = false;
    try {
      await rules.api.restore(rule.id, rule.version);
      notice.value = rule.has_file ? words.rules.restored : words.rules.removed;
      await rules.load();
      if (!rule.has_file) showRules();
    } catch (error) {
      const stale = error instanceof ApiError && error.status === 409;
      refusal.value = stale ? words.rules.stale : words.failed;
      await rules.load();
    }
  };

  if (!asking.value) {
    return (
      <button
        type="button"
        onClick={() => {
          asking.value = true;
        }}
      >
        {rule.has_file ? words.rules.restore : words.rules.remove}
      </button>
    );
  }
  return (
    <span class="sure" role="alert">
      {rule.has_file ? words.rules.restoreSure : words.rules.removeSure}
      <button type="button" onClick={leave}>
        {words.rules.yes}
      </button>
      <button
        type="button"
        onClick={() => {
          asking.value = false;
        }}
      >
        {words.rules.no}
      </button>
    </span>
  );
}
