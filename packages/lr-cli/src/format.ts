/** Numbers as the command prints them for people. */

export const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;
export const count = (value: number): string => value.toLocaleString('en');
