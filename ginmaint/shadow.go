package ginmaint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"github.com/gin-gonic/gin"
)

// shadow finds the route that Gin would choose for a request, without a handler of the
// application that runs: Gin's own search, in an engine with the same routes and settings
// whose handlers only note that they were found.
type shadow struct {
	engine *gin.Engine
	routes []*route // of the application
}

// shadows keeps the last one: to make one registers every route again.
type shadows struct {
	mu   sync.Mutex
	of   uintptr // the application's engine
	last *shadow
}

// errShadow means that Gin has become another.
var errShadow = errors.New("this version of Gin can't be asked for its routes")

// shadowOf returns the shadow of the engine that serves the request.
func (s *shadows) shadowOf(c *gin.Context) (*shadow, error) {
	listed := registered(c, nil)
	if listed == nil {
		return nil, errShadow
	}
	engine := reflect.ValueOf(c).Elem().FieldByName("engine")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && s.of == engine.Pointer() && len(s.last.routes) == len(listed) {
		return s.last, nil
	}
	made, err := newShadow(engine.Elem(), listed)
	if err == nil {
		s.of, s.last = engine.Pointer(), made
	}
	return made, err
}

// findingKey is where the context of the shadow's request says what to do with a route.
type findingKey struct{}

func newShadow(engine reflect.Value, listed []leaf) (*shadow, error) {
	s := &shadow{engine: gin.New()}
	to := reflect.ValueOf(s.engine).Elem()
	for i := range to.NumField() {
		if !to.Type().Field(i).IsExported() {
			continue
		}
		switch from := engine.Field(i); from.Kind() {
		case reflect.Bool:
			to.Field(i).SetBool(from.Bool())
		case reflect.String:
			to.Field(i).SetString(from.String())
		}
	}
	var paths []string
	for _, l := range listed {
		paths = append(paths, l.path)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for _, l := range listed {
		r := newRoute(l.chain, l.method, l.path, l.handlers)
		r.siblings = paths
		s.routes = append(s.routes, r)
		s.engine.Handle(l.method, l.path, tell(r))
	}
	for field, register := range map[string]func(...gin.HandlerFunc){"allNoRoute": s.engine.NoRoute, "allNoMethod": s.engine.NoMethod} {
		handlers := engine.FieldByName(field)
		if !handlers.IsValid() || handlers.Type() != reflect.TypeFor[gin.HandlersChain]() {
			return nil, errShadow
		}
		names := make([]string, handlers.Len())
		for i := range names {
			names[i] = runtime.FuncForPC(handlers.Index(i).Pointer()).Name()
		}
		register(tell(newRoute(nil, "", "", names)))
	}
	return s, nil
}

// tell is a handler of the shadow.
func tell(r *route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if then, ok := c.Request.Context().Value(findingKey{}).(func(*gin.Context, *route)); ok {
			then(c, r)
		}
	}
}

// find calls then with the route of a request. Where Gin answers by itself, then is not
// called, and the answer is a redirect. Gin may also panic on its search: by its issue
// 4818 where HandleMethodNotAllowed meets parameters in the paths of several methods.
func (s *shadow) find(request *http.Request, then func(*gin.Context, *route)) (location string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the search for the route panics in Gin, and a client gets no answer: %.200v", p)
		}
	}()
	w := discard{http.Header{}}
	s.engine.ServeHTTP(w, request.WithContext(context.WithValue(request.Context(), findingKey{}, then)))
	return w.header.Get("Location"), nil
}

// discard keeps the headers of an answer, and nothing else.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
