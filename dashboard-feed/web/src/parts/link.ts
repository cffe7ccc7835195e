/** Follows a link inside the page, unless the reader wants it in another tab or window. */
export function follows(inside: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    inside();
  };
}
