package maintenance

// heldIDs remembers the documents that a Mode has left, the latest ones: a
// store that shows one of them again has lost what came after.
type heldIDs struct {
	ids  [64]string
	next int
}

func (h *heldIDs) add(id string) {
	h.ids[h.next%len(h.ids)] = id
	h.next++
}

func (h *heldIDs) has(id string) bool {
	if id == "" {
		return false
	}
	for _, held := range h.ids {
		if held == id {
			return true
		}
	}
	return false
}
