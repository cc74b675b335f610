package draw

import (
	"fmt"
	"html"
	"strings"

	"rsc.io/qr"
)

// QR is a QR code of an address as SVG, with the quiet margin of four
// modules that scanners ask for. A printed page has the address in words
// beneath it.
func QR(address string) (string, error) {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return "", fmt.Errorf("QR code of %s: %w", address, err)
	}
	const margin = 4
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+margin, y+margin, x-from, x-from)
			}
		}
	}
	size := code.Size + 2*margin
	return fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" width="120" height="120" role="img" aria-label="QR code of %s" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path d="%s"/></svg>`,
		size, size, html.EscapeString(address), size, size, path.String()), nil
}
