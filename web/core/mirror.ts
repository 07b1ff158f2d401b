// What a page's mirror is made of, as the recorder sends it and the viewer draws it: rrweb's events, as far as we let
// them through. The server holds the same shapes (cobrowse/core/mirror.py) and drops all else. SPEC mirror.4.

export enum NodeType {
  Document = 0,
  Doctype = 1,
  Element = 2,
  Text = 3,
}

/** A style as an object: a value, a value with `important`, or false for one that is gone. */
export type StyleDiff = Record<string, string | [string, string] | false>;
export type AttributeValue = string | number | boolean | null | StyleDiff;
export type Attributes = Record<string, AttributeValue>;

export interface MirrorNode {
  type: number;
  id: number;
  tagName?: string;
  attributes?: Attributes;
  childNodes?: MirrorNode[];
  textContent?: string;
  compatMode?: string;
  isStyle?: boolean;
  isSVG?: boolean;
  isShadowHost?: boolean;
  isShadow?: boolean;
  rootId?: number;
}

export interface Rule {
  rule: string;
  index?: number | number[];
}

export enum EventType {
  FullSnapshot = 2,
  Incremental = 3,
  Meta = 4,
  Checksum = 5,
  FileSent = 6,
  FileNamed = 7,
}

/** rrweb's numbers of two kinds of mouse interaction. */
export const FOCUS = 5;
export const BLUR = 6;

export enum Source {
  Mutation = 0,
  MouseMove = 1,
  MouseInteraction = 2,
  Scroll = 3,
  ViewportResize = 4,
  Input = 5,
  TouchMove = 6,
  StyleSheetRule = 8,
  Drag = 12,
  StyleDeclaration = 13,
  Selection = 14,
  AdoptedStyleSheet = 15,
}

/** What is selected, from one place to another: of a text the characters before it, of an element the children. */
export interface SelectedRange {
  start: number;
  startOffset: number;
  end: number;
  endOffset: number;
}

export interface Mutation {
  source: Source.Mutation;
  texts: { id: number; value: string | null }[];
  attributes: { id: number; attributes: Attributes }[];
  removes: { parentId: number; id: number; isShadow?: boolean }[];
  adds: { parentId: number; nextId: number | null; previousId?: number | null; node: MirrorNode }[];
}

export type Incremental =
  | Mutation
  | {
      source: Source.MouseMove | Source.TouchMove | Source.Drag;
      positions: { x: number; y: number; id: number; timeOffset: number }[];
    }
  | { source: Source.MouseInteraction; type: number; id: number; x?: number; y?: number }
  | { source: Source.Scroll; id: number; x: number; y: number }
  | { source: Source.ViewportResize; width: number; height: number }
  | { source: Source.Input; id: number; text: string; isChecked: boolean }
  | {
      source: Source.StyleSheetRule;
      id?: number;
      styleId?: number;
      adds?: Rule[];
      removes?: { index: number | number[] }[];
      replace?: string;
      replaceSync?: string;
    }
  | {
      source: Source.StyleDeclaration;
      id?: number;
      styleId?: number;
      index: number[];
      set?: { property: string; value: string | null; priority?: string };
      remove?: { property: string };
    }
  | { source: Source.Selection; ranges: SelectedRange[] }
  | {
      source: Source.AdoptedStyleSheet;
      id: number;
      styles?: { styleId: number; rules: Rule[] }[];
      styleIds: number[];
    };

export type MirrorEvent =
  | {
      type: EventType.Meta;
      timestamp: number;
      /** `media`: what of `MEDIA_FEATURES` holds for the shopper. */
      data: { href: string; width: number; height: number; media?: string };
    }
  | {
      type: EventType.FullSnapshot;
      timestamp: number;
      data: { node: MirrorNode; initialOffset: { top: number; left: number } };
    }
  | { type: EventType.Incremental; timestamp: number; data: Incremental }
  | { type: EventType.Checksum; timestamp: number; data: { elements: number; hash: number } }
  | {
      type: EventType.FileSent;
      timestamp: number;
      /** A part of a picture or a font that the page brings: which, of how many bytes, from which on; in base64. */
      data: { hash: string; size_bytes: number; at: number; body: string };
    }
  | { type: EventType.FileNamed; timestamp: number; data: { address: string; hash: string } };

/**
 * What the site says of one part of its pages: `hide` shows an empty box, `mask` dots, `unmask` the thing itself; only the
 * shopper presses what is to `confirm`.
 */
export interface MaskRule {
  do: 'hide' | 'mask' | 'unmask' | 'confirm';
  /** CSS selector; "*" is all of the page. */
  select: string;
  /** Paths for which it holds, with `*` for anything; "" is every page. */
  pages?: string;
}
