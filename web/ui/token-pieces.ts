/**
 * Tokens to what a reader sees: byte fragments of one character joined, so no half characters are shown.
 * A byte-level tokenizer may split "Я" (d0 af) into two tokens; a window may begin or end inside a character.
 */
export interface TokenPart {
  /** What the API shows for the token by itself. */
  readonly text: string;
  /** Raw bytes in hex. */
  readonly bytes: string;
  readonly act: number;
  /** 0-based place among the acts of its token, strongest first; null where it does not act. */
  readonly rank: number | null;
  /** Place in the vocabulary. */
  readonly index: number;
  /** The second layer: the act of the boosted dictionary on the same token. */
  readonly boostedAct?: number;
  /** Lines of the tip after its own. */
  readonly notes?: readonly string[];
}

/** One touchable mark: usually one token, several where bytes had to be joined. */
export interface TokenPiece {
  readonly text: string;
  /** The strongest of its tokens. */
  readonly act: number;
  readonly rank: number | null;
  readonly index: number;
  readonly boostedAct?: number;
  /** Bytes of every token, given only where more than one was joined or the bytes are no text. */
  readonly bytes?: readonly string[];
  readonly notes?: readonly string[];
}

/** As it travels to the browser: a token that does nothing is its text alone. */
export type PackedPiece = string | TokenPiece;

const MAX_CHARACTER_BYTES = 4;

export function joinTokens(tokens: readonly TokenPart[]): TokenPiece[] {
  const pieces: TokenPiece[] = [];
  for (let first = 0; first < tokens.length;) {
    const count = countJoined(tokens, first);
    pieces.push(pieceOf(tokens.slice(first, first + count)));
    first += count;
  }
  return pieces;
}

export function packPieces(tokens: readonly TokenPart[]): PackedPiece[] {
  return joinTokens(tokens).map((piece) =>
    piece.act > 0 || piece.boostedAct || piece.bytes || piece.notes ? piece : piece.text,
  );
}

/** The same text in as few pieces as shading it takes: tokens that do nothing are one run of text. */
export function mergePlain(pieces: readonly PackedPiece[]): PackedPiece[] {
  const merged: PackedPiece[] = [];
  for (const piece of pieces) {
    const last = merged.length - 1;
    if (typeof piece === 'string' && typeof merged[last] === 'string') merged[last] += piece;
    else merged.push(piece);
  }
  return merged;
}

/** A window around one position, and what is left of and right of it, cut between characters. */
export interface Excerpt {
  readonly before: readonly PackedPiece[];
  readonly middle: readonly PackedPiece[];
  readonly after: readonly PackedPiece[];
}

export function excerptAround(
  tokens: readonly TokenPart[],
  position: number,
  reach: { before: number; after: number },
): Excerpt {
  let from = Math.max(0, position - reach.before);
  let to = Math.min(tokens.length, position + reach.after + 1);
  while (from > 0 && !beginsCharacter(tokens[from])) from--;
  while (to < tokens.length && !beginsCharacter(tokens[to])) to++;
  return {
    before: packPieces(tokens.slice(0, from)),
    middle: packPieces(tokens.slice(from, to)),
    after: packPieces(tokens.slice(to)),
  };
}

function beginsCharacter(token: TokenPart): boolean {
  return (Number.parseInt(token.bytes.slice(0, 2), 16) & 0xc0) !== 0x80;
}

/** How many tokens from `first` make whole characters together; 1 when nothing near does. */
function countJoined(tokens: readonly TokenPart[], first: number): number {
  let hex = '';
  for (let count = 1; first + count <= tokens.length && count <= MAX_CHARACTER_BYTES; count++) {
    hex += tokens[first + count - 1].bytes;
    if (decode(hex) !== null) return count;
    if (!endsInsideCharacter(hex)) return 1;
  }
  return 1;
}

function pieceOf(parts: readonly TokenPart[]): TokenPiece {
  const strongest = parts.reduce((best, part) => (part.act > best.act ? part : best));
  const text = decode(parts.map((part) => part.bytes).join(''));
  const { act, rank, index } = strongest;
  const boosted = Math.max(...parts.map((part) => part.boostedAct ?? 0));
  const notes = parts.flatMap((part) => part.notes ?? []);
  const piece = {
    text: text ?? parts[0].text,
    act,
    rank,
    index,
    ...(boosted > 0 && { boostedAct: boosted }),
    ...(notes.length > 0 && { notes }),
  };
  return parts.length === 1 && text !== null ? piece : { ...piece, bytes: parts.map((part) => part.bytes) };
}

/** The text of the bytes, or null where they are not whole UTF-8. */
function decode(hex: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(hex));
  } catch {
    return null;
  }
}

function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

/** True when the last bytes begin a character that needs more of them (RFC 3629 lead bytes). */
function endsInsideCharacter(hex: string): boolean {
  const bytes = bytesOf(hex);
  for (let back = 1; back < MAX_CHARACTER_BYTES && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back;
  }
  return false;
}
