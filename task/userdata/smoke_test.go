package userdata

import ("testing";"os";"context";"fmt";"time")
func TestSmoke(t *testing.T) {
	t0:=time.Now(); var err error; var c *Class
	c, err = Dir(os.DirFS("/tmp/userdata-eToeez/class")); _=fmt.Sprint(time.Since(t0))
	if err != nil { t.Fatal(err) }
	p, err := c.Past(context.Background()); fmt.Println(len(p), err, time.Since(t0)); fmt.Printf("%+v\n", p[0].Feedback.Comments[0].Anchor)
	if err := c.Check(context.Background()); err != nil { s:=err.Error(); t.Log(s[:min(len(s),1500)]) }
}
