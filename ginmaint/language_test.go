package ginmaint

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestThePageIsInTheVisitorsLanguage(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), Texts: map[string]map[string]string{
		"de":    {"closed": "Gleich geht es weiter"},
		"pt-PT": {"closed": "Voltamos já"},
		"eo":    {"closed": "Ni baldaŭ revenos"},
	}})
	for accepts, shows := range map[string]string{
		"":                                       `lang="en" dir="ltr"`,
		"fr-CH, fr;q=0.9, en;q=0.8":              "Nous revenons bientôt",
		"xx, tlh;q=0.5":                          builtIn,
		"de-AT":                                  "Gleich geht es weiter",
		"pt-BR":                                  "Voltamos em breve",
		"pt-PT":                                  "Voltamos já",
		"eo":                                     "Ni baldaŭ revenos",
		"zh-TW":                                  "我們很快回來",
		"zh-CN":                                  "我们很快回来",
		"ar-EG":                                  `lang="ar" dir="rtl"`,
		"he":                                     `lang="he" dir="rtl"`,
		"fa":                                     `lang="fa" dir="rtl"`,
		";;;,,q=":                                builtIn,
		strings.Repeat("x,", 9999):               builtIn,
		strings.Repeat("x", 9999):                builtIn,
		"ja," + strings.Repeat("de;q=0.1,", 999): "まもなく再開します",
	} {
		for range 2 { // from memory too
			answer := ask(s, http.MethodGet, "/", browser, header("Accept-Language", accepts))
			assert.Contains(t, answer.Body.String(), shows, "%.40s", accepts)
			assert.Equal(t, []string{"Accept, Sec-Fetch-Dest, Accept-Language"}, answer.Header().Values("Vary"))
		}
	}
}

func TestWrongTexts(t *testing.T) {
	err := Config{StatusURL: "javascript:alert(1)", Texts: map[string]map[string]string{
		"de": {"closd": "zu", "dir": "down"}, "no such": {},
	}}.Validate()
	require.Error(t, err)
	for _, said := range []string{
		`StatusURL "javascript:alert(1)": write an http(s) URL`, `Texts["de"]["closd"]: no text has this name; they are back, begins, closed`,
		`Texts["de"][dir] "down": write ltr or rtl`, `Texts["no such"]: write a language`,
	} {
		assert.ErrorContains(t, err, said)
	}
}

// TestEachLanguageIsRenderedOncePerChange: what visitors make up fills no memory.
func TestEachLanguageIsRenderedOncePerChange(t *testing.T) {
	m := at(t, maintenance.On)
	s, executions := countingPages(t, Config{Mode: m})
	for range 3 {
		for _, accepts := range []string{"de", "de-AT", "fr", "ar", ""} {
			ask(s, http.MethodGet, "/", browser, header("Accept-Language", accepts))
		}
	}
	assert.EqualValues(t, 4, executions.Load())
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: "second"})
	require.NoError(t, err)
	for range 3 {
		assert.Equal(t, "second", ask(s, http.MethodGet, "/", browser, header("Accept-Language", "fr")).Body.String())
	}
	assert.EqualValues(t, 5, executions.Load())

	l := builtInLanguages()
	for i := range 2 * maxKnownLanguages {
		l.of(http.Header{"Accept-Language": {strings.Repeat("y,", i%90) + "de;q=0." + strings.Repeat("1", i/90+1)}})
	}
	assert.LessOrEqual(t, len(*l.known.Load()), maxKnownLanguages)
}

func TestThePageOfAService(t *testing.T) {
	s := serving(t, Config{
		Mode:    inState(t, maintenance.State{Level: maintenance.On, Message: "See https://status.example.com/x?a=1&b=2. Or mailto:help@example.com!"}),
		Service: "The <Tea> Shop", StatusURL: "https://status.example.com/", LoginURL: "/login",
	})
	page := ask(s, http.MethodGet, "/", browser).Body.String()
	for _, shows := range []string{
		"<title>We’ll be back soon – The &lt;Tea&gt; Shop</title>", `<div class="service"><bdi>The &lt;Tea&gt; Shop</bdi></div>`,
		`<a href="https://status.example.com/" rel="noopener">status.example.com</a>`, `<a href="/login">Log in</a>`,
		`See <a href="https://status.example.com/x?a=1&amp;b=2" rel="noopener" dir="ltr">https://status.example.com/x?a=1&amp;b=2</a>. Or`,
		`<a href="mailto:help@example.com" rel="noopener" dir="ltr">mailto:help@example.com</a>!</p>`, `data-pace="60"`,
	} {
		assert.Contains(t, page, shows)
	}
}

func TestWords(t *testing.T) {
	for message, links := range map[string][]string{
		"":                                 nil,
		"no link, http:, https:// mailto:": nil,
		"https://a.example":                {"https://a.example"},
		"(see https://a.example/b_(c)).":   {"https://a.example/b_(c)"},
		"https://a.example, HTTP://B.example; \"https://c.example\"": {"https://a.example", "HTTP://B.example", "https://c.example"},
		"javascript:alert(1) data:text/html,x ftp://a.example":       nil,
		"https://a.example/\u202egpj.exe":                            {"https://a.example/"},
		"https://a.example/<script>":                                 {"https://a.example/"},
		"见 https://a.example/路径。":                                    {"https://a.example/路径"},
	} {
		var found []string
		whole := ""
		for _, w := range words(message) {
			whole += w.Text
			if w.URL != "" {
				assert.Equal(t, w.Text, w.URL)
				found = append(found, w.URL)
			}
		}
		assert.Equal(t, links, found, message)
		if links != nil {
			assert.Equal(t, message, whole)
		}
	}
}

func TestThePolicyOfThePage(t *testing.T) {
	const none = "default-src 'none'"
	for name, tc := range map[string]struct {
		policies         []string
		styled, scripted bool
	}{
		"none":                      {nil, true, true},
		"of the service itself":     {[]string{"default-src 'self'"}, false, false},
		"nothing":                   {[]string{none}, false, false},
		"our own":                   {ownPolicy, true, true},
		"our style alone":           {[]string{none + "; style-src " + styleHash}, true, false},
		"no asking":                 {[]string{none + "; script-src " + scriptHash}, false, false},
		"inline styles":             {[]string{"default-src 'self'; style-src 'self' 'unsafe-inline'"}, true, false},
		"inline, and a nonce":       {[]string{"script-src 'unsafe-inline' 'nonce-abc'; style-src 'unsafe-inline'"}, true, false},
		"all inline":                {[]string{"default-src * 'unsafe-inline'"}, true, true},
		"frames alone":              {[]string{"frame-ancestors 'none'"}, true, true},
		"two, of which one forbids": {[]string{"frame-ancestors 'none'", "Default-Src 'self'"}, false, false},
		"two in one header":         {[]string{"frame-ancestors 'none', default-src 'self'"}, false, false},
		"the first of two counts":   {[]string{"style-src 'none'; style-src 'unsafe-inline'"}, false, true},
		"the more special one":      {[]string{none + "; style-src-elem " + styleHash + "; style-src 'none'"}, true, false},
		"a sandbox":                 {[]string{"sandbox"}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, maintenance.On)}, func(c *gin.Context) {
				for _, p := range tc.policies {
					c.Writer.Header().Add("Content-Security-Policy", p)
				}
			})
			for range 2 {
				answer := ask(s, http.MethodGet, "/", browser)
				page := answer.Body.String()
				assert.Equal(t, tc.styled, strings.Contains(page, "<style>"))
				assert.Equal(t, tc.scripted, strings.Contains(page, "<script>"))
				assert.Equal(t, !tc.scripted, strings.Contains(page, "\n<meta http-equiv"), "refreshes by itself")
				want := tc.policies
				if want == nil {
					want = ownPolicy
				}
				assert.Equal(t, want, answer.Header().Values("Content-Security-Policy"))
			}
		})
	}
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	s.SetHTMLTemplate(parsed(t, `{{ define "503.html" }}own{{ end }}`, nil))
	assert.Empty(t, ask(s, http.MethodGet, "/", browser).Header().Get("Content-Security-Policy"), "nobody knows what a page of the application's needs")
}
