package maintenance

import "context"

type fixed State

// Fixed returns a store whose document is l for ever, for a level set by
// configuration. Save returns ErrFixed.
func Fixed(l Level) Store {
	return fixed{Level: l, Revision: 1, ID: "fixed-" + l.String()}
}

func (f fixed) Load(ctx context.Context) (State, error) { return State(f), ctx.Err() }

func (f fixed) Save(context.Context, State) (State, error) { return State{}, ErrFixed }

func (f fixed) Watch(ctx context.Context, changed func(State)) error {
	changed(State{})
	<-ctx.Done()
	return ctx.Err()
}
