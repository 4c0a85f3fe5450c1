package quadraw_test

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// simulated is a small frame of a Quad Bayer sensor.
func simulated() raw.Source {
	s, err := sensor.New(sensor.Night{}, &sensor.Options{Size: image.Pt(512, 384)})
	if err != nil {
		panic(err)
	}
	return s.Frame(0)
}

func ExampleConvert() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "quadraw")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "night.dng"), filepath.Join(dir, "night.jpg")
	if err := quadraw.SaveMosaic(ctx, in, simulated(), nil); err != nil {
		fmt.Println(err)
		return
	}
	res, err := quadraw.Convert(ctx, in, out, &quadraw.Recipe{Mode: quadraw.Full}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Mode, res.Size)
	// Output: full (512,384)
}

func ExampleRecipe_Picture() {
	ctx := context.Background()
	recipe := quadraw.Recipe{Mode: quadraw.Bin}
	picture, err := recipe.Picture(ctx, nil, simulated())
	if err != nil {
		fmt.Println(err)
		return
	}
	// Only what is read is computed.
	tile := raw.NewRGB(image.Rect(100, 100, 164, 164))
	err = picture.ReadTile(ctx, tile)
	fmt.Println(picture.Header().Size, tile.Bounds(), err)
	// Output: (256,192) (100,100)-(164,164) <nil>
}
