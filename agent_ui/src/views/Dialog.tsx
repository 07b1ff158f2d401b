// A modal dialog: the browser's own, which keeps the focus in and gives it back.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useDesk } from '../state';
import { IconButton } from './small';

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const { words } = useDesk();
  const box = useRef<HTMLDialogElement>(null);
  // Not after the next frame: what is typed next is for the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    box.current?.querySelector<HTMLElement>('input')?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={props.title}
      onCancel={(event) => {
        // At once: the browser's own close event comes later, and would close what was opened meanwhile.
        event.preventDefault();
        props.onClose();
      }}
      onPointerDown={(event) => {
        // The backdrop belongs to the dialog's own box; its content lies in a child.
        if (event.target === event.currentTarget) props.onClose();
      }}
    >
      <div class="dialog">
        <header class="dialog-head">
          <h2>{props.title}</h2>
          <IconButton icon="close" label={words.close} onClick={props.onClose} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
