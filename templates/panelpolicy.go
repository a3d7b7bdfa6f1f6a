package templates

// PanelPolicy is the Content-Security-Policy of the panel where the application sets none:
// nothing but its own style and script, its events, and the preview in a frame. A policy of
// the application's has to allow as much for these pages; default-src 'self' does.
const PanelPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'"
