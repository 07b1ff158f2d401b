// The way to a shop's own pages with everything covered that would not leave them. SPEC preview.1.

import { useEffect, useState } from 'preact/hooks';
import { careApi } from '../care_api';
import { useDesk } from '../state';
import { Dialog } from './Dialog';

export function PreviewDialog() {
  const { words, dialog } = useDesk();
  const { care } = words;
  const [found, setFound] = useState<Awaited<ReturnType<typeof careApi.previews>>>();
  const [wrong, setWrong] = useState('');
  useEffect(() => {
    careApi.previews().then(setFound, () => setWrong(words.failed));
  }, []);
  return (
    <Dialog
      title={care.previewTitle}
      onClose={() => {
        dialog.value = undefined;
      }}
    >
      {found && (
        <>
          <p>{care.previewHow(Math.round(found.valid_s / 60))}</p>
          <ul>
            {found.previews.flatMap(({ site, pages }) =>
              pages.map((page) => (
                <li key={page}>
                  <a href={page} target="_blank" rel="noopener noreferrer">
                    {care.previewOf(site, new URL(page).origin)}
                  </a>
                </li>
              )),
            )}
          </ul>
        </>
      )}
      <p role="alert" class="wrong">
        {wrong}
      </p>
    </Dialog>
  );
}
