// Keys for a field of the shopper's page that has gone from under the CSA's fingers, since the shopper keeps it or has
// said Stop: what is still typed was meant for it, and is no command of the console. It goes nowhere until the CSA has
// turned to something else.

/** Marks the box whose letters go to the shopper's page. */
export const FIELD_THERE = 'field-there';

/** What is typed in a field; function keys and the like are the browser's. */
const TYPED = /^(?:.|Backspace|Delete|Enter|Home|End|Arrow\w+)$/u;

export interface Stray {
  /** Whether this key was meant for a field that has gone; the first one is told. */
  takes(event: KeyboardEvent): boolean;
  end(): void;
}

/** `tell` hears when keys begin to go nowhere, and when they do not any more. */
export function strayKeys(tell: (lost: boolean) => void): Stray {
  let field: Element | undefined;
  let told = false;
  const turn = (to: EventTarget | null) => {
    field = to instanceof HTMLElement && to.dataset.focus === FIELD_THERE ? to : undefined;
    if (told) tell(false);
    told = false;
  };
  const onFocus = ({ target }: Event) => turn(target);
  const onPress = () => field?.isConnected || turn(null);
  addEventListener('focusin', onFocus);
  addEventListener('pointerdown', onPress, true);
  return {
    takes({ key, ctrlKey, metaKey, altKey }) {
      if (!field || field.isConnected || ctrlKey || metaKey || altKey) return false;
      if (key === 'Tab' || key === 'Escape') {
        turn(null);
        return key === 'Escape';
      }
      if (!TYPED.test(key)) return false;
      if (!told) tell(true);
      told = true;
      return true;
    },
    end() {
      removeEventListener('focusin', onFocus);
      removeEventListener('pointerdown', onPress, true);
    },
  };
}
