// The panel's line drawings, one path each.

const icon = (path: string) => () => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d={path} />
  </svg>
);

export const CloseIcon = icon('M6 6l12 12M18 6L6 18');
export const SendIcon = icon('M12 19V5M6 11l6-6 6 6');
export const PhoneIcon = icon(
  'M5 4h4l1.5 5L8 10.5a12 12 0 0 0 5.5 5.5l1.5-2.5 5 1.5v4a1.5 1.5 0 0 1-1.5 1.5A15.5 15.5 0 0 1 3.5 5.5 1.5 1.5 0 0 1 5 4z',
);
export const BasketIcon = icon('M4 10h16l-1.6 9H5.6zM8 10l3-6M16 10l-3-6');
export const MinusIcon = icon('M6 12h12');
export const PlusIcon = icon('M6 12h12M12 6v12');
export const BinIcon = icon('M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12');
export const DownIcon = icon('M12 5v14M6 13l6 6 6-6');
